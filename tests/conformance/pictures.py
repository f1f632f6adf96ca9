"""``python -m tests.conformance.pictures``: the pictures of `interlock graph`, drawn by Graphviz and read by Mermaid.

Both are the real ones, from npm. Each picture must be taken without a complaint, and must say in its own words what the
definition says: every state, event, guard and effect, whatever characters are in its name.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import HealthCheck, given, settings

from engine.machine.definition import Machine
from engine.machine.diagram import Diagram, Shape, Visit, diagram, taken
from engine.machine.drawing import draw
from engine.machine.labels import cut, titles
from engine.machine.read import read_definition
from engine.machine.values import printable
from tests.properties.charts import charts
from tests.properties.machines import models, quoted

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(".conformance") / "pictures"
PACKAGES = ("@hpcc-js/wasm-graphviz@1.29.2", "mermaid@11.17.2", "jsdom@29.1.1")
GENERATED = 150
_TIMEOUT = 600

#: Names that mean something to Mermaid, to Graphviz or to HTML.
AWKWARD = (
    *("end", "state", "start", "note", "as", "fork", "<<fork>>", "join", "[*]", "class", "classDef x", "click"),
    *("style", "direction LR", "direction\u00a0TB", "hide empty description", "stateDiagram-v2", "accTitle", "--", "-->", "a-->b"),
    *("a:b", "a;b", "{", "}", "%%x", "#35;", "&amp;", "&lt;", "<b>x</b>", "<br/>", "`x`", "$x$", "*x*", "'"),
    *("graph", "digraph", "node", "subgraph", "m0_start", "s0", "\\n", "\\N", "\\G", "\\l", "back\\slash"),
    *('quo"te', "ü", "日本", "🚦", "_", "0", "-1", ".", "a  b"),
)  # fmt: skip
_SVG_TEXT = "{http://www.w3.org/2000/svg}text"
#: How Mermaid keeps an entity while it reads: by number, or by name.
_ENTITY = re.compile("ﬂ°°([0-9]+)¶ß")


def definitions() -> Iterator[tuple[str, str]]:
    """Name and text of every definition that is drawn."""
    for file in sorted((ROOT / "statemachines").rglob("*.hcl")):
        yield file.name, file.read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        texts = re.findall(r"^```hcl\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        yield from ((f"{page.name} {number}", text) for number, text in enumerate(texts, start=1))
    yield from ((f"the name {name}", awkward(quoted(name))) for name in AWKWARD)
    for kind, strategy in {"machine": models(), "chart": charts()}.items():
        yield from ((f"the {kind} {number}", text) for number, text in enumerate(_generated(strategy)))


def _generated(strategy: Any) -> list[str]:
    found: list[str] = []

    @settings(
        max_examples=GENERATED,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(machine: Any) -> None:
        found.append(machine.source())

    collect()
    return found


def awkward(name: str) -> str:
    """A definition in which everything is called so."""
    return f"""
provisioner "p" {{
  statemachine "p" {{
    initial = {name}
    state {name} {{
      on {name} {{
        when       = event.x == {name}
        transition = "other"
        set        = {{ {name} = {name} }}
        action "http" {name} {{ url = {name} }}
      }}
      after {{
        delay = "1h"
        set   = {{ y = 1 }}
      }}
    }}
    state "other" {{
      initial = "inner"
      on {name} {{ transition = {name} }}
      state "inner" {name} {{ transition = "deep" }}
      parallel "deep" {{
        state "r" {{
          initial = "x"
          state "x" {name} {{ transition = "<end>" }}
        }}
        state "q" {{
          initial = "y"
          on_enter {{ set = {{ {name} = 1 }} }}
          state "y" {{
            on {name} {{ transition = {name} }}
          }}
        }}
        history "h" {{ deep = true }}
      }}
    }}
  }}
}}
"""


def picture_of(name: str, text: str) -> Diagram | None:
    """What is drawn, with the way that the first transition goes; None if a name is not to be had in a definition."""
    definition = read_definition(text, name).definition
    if definition is None:
        return None
    visits = {p.name: _first_way(p.machine) for p in definition.provisioners.values()}
    return diagram(definition.provisioners.values(), visits)


def _first_way(machine: Machine) -> tuple[Visit, ...]:
    for transition in machine.transitions:
        source, target = transition.source, transition.target
        if target is not None and source in machine.states and target in machine.states:
            way = taken(source, target, str(transition.span))
            return (Visit(before=source, event=transition.event, after=target, taken=frozenset({way})),)
    return ()


def said_by(picture: Diagram) -> tuple[Counter[str], Counter[str]]:
    """What a picture says, line by line: in Graphviz, and in Mermaid."""
    dot: list[str] = []
    mermaid: list[str] = []
    for group in picture.groups:
        dot.append(group.project)
        mermaid += [group.project] if len(picture.groups) > 1 else []
        for box in group.boxes:
            if box.shape is Shape.HISTORY:
                dot.append("H*" if box.status else "H")
            else:
                dot += [*titles(box, box.parent), *map(cut, box.does)]
            mermaid += [" / ".join(titles(box, box.parent)), *map(cut, box.does)]
        for arrow in group.arrows:
            dot += [arrow.event, *([f"[{cut(arrow.guard)}]"] if arrow.guard else [])]
            dot += [cut(f"/ {effect}") for effect in arrow.effects]
            mermaid.append(f"{'* ' if arrow.visited else ''}{cut(arrow.label())}")
    return counted(dot), counted(text.replace("--", "- -") for text in mermaid)


def counted(texts: Iterable[str]) -> Counter[str]:
    """The texts, as a person reads them."""
    read = (" ".join(printable(text.replace("\xa0", " ")).split()) for text in texts)
    return Counter(filter(None, read))


def seen_in_svg(svg: str) -> Counter[str]:
    """The texts of a drawing."""
    return counted(text.text or "" for text in ET.fromstring(svg).iter(_SVG_TEXT))  # noqa: S314  our own drawing


def seen_in_document(document: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """The names and arrows that Mermaid has read."""
    return counted(_ENTITY.sub(lambda m: chr(int(m[1])), text) for text in _told(document))


def _told(document: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for item in document:
        if item["stmt"] in ("state", "relation"):
            yield str(item.get("description") or "").removeprefix(":").strip()
            yield from re.split("<br */?>", item.get("note", {}).get("text", ""))
        yield from _told(item.get("doc") or ())


def install(cache: Path) -> None:
    """Fetch Graphviz and Mermaid into the folder, once."""
    cache.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_suffix(".mjs"), cache / "pictures.mjs")
    done = cache / "installed.txt"
    if done.exists() and done.read_text(encoding="utf-8").split() == list(PACKAGES):
        return
    (cache / "package.json").write_text('{"private": true}', encoding="utf-8")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *PACKAGES]
    subprocess.run(command, cwd=cache, check=True, timeout=_TIMEOUT)
    done.write_text("\n".join(PACKAGES), encoding="utf-8")


def main() -> int:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            print(
                f"pictures: {program} is not on the path. Install Node.js with npm, and try again.",
                file=sys.stderr,
            )
            return 2
    pictures = [(name, found) for name, text in definitions() if (found := picture_of(name, text))]
    install(CACHE)
    cases = [{"dot": draw(picture, "dot"), "mermaid": draw(picture, "mermaid")} for _, picture in pictures]
    (CACHE / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    command = ["node", "pictures.mjs", "cases.json", "results.json"]
    subprocess.run(command, cwd=CACHE, check=True, timeout=_TIMEOUT)
    results = json.loads((CACHE / "results.json").read_text(encoding="utf-8"))
    wrong = 0
    for (name, picture), result in zip(pictures, results, strict=True):
        for problem in _problems(picture, result):
            wrong += 1
            print(f"  {name}: {problem}")
    print(f"{len(pictures) - wrong} of {len(pictures)} say what their definitions say")
    return 1 if wrong else 0


def _problems(picture: Diagram, result: Mapping[str, Any]) -> Iterator[str]:
    if "refused" in result:
        yield result["refused"]
        return
    dot, mermaid = said_by(picture)
    for name, wanted, seen in (
        ("Graphviz", dot, seen_in_svg(result["svg"])),
        ("Mermaid", mermaid, seen_in_document(result["document"])),
    ):
        if wanted != seen:
            yield f"{name} does not show {dict(wanted - seen)}, it shows {dict(seen - wanted)}"


if __name__ == "__main__":
    sys.exit(main())
