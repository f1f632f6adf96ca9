"""Whether Interlock accepts, refuses, underlines and formats what the reference does, on files and on what becomes of them."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.diagnostics import Diagnostic
from engine.language import parse
from engine.language.format import format_text
from tests.conformance.mutate import damaged, respaced
from tests.conformance.reference import Reference

ROOT = Path(__file__).resolve().parents[2]
_SUFFIXES = {".hcl", ".tf", ".nomad", ".t", ".hcldec"}
_SNIPPET = re.compile(r"^```(?:hcl|terraform)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LARGEST_SEED = 4000
#: Limits of our own, which the reference does not have: what they refuse is no difference.
LIMITS = frozenset({"nested_too_deeply", "number_out_of_range", "nul_character"})


@dataclass(slots=True)
class Tally:
    """What was seen, and the first examples of what differs."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[str, str, bytes]]] = field(default_factory=dict)

    def differs(self, kind: str, name: str, why: str, source: bytes) -> None:
        """Note a difference."""
        self.counts[kind] += 1
        self.examples.setdefault(kind, []).append((name, why, source))


def corpus(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """The project's own definitions and snippets, and every HCL file below the folders."""
    for folder in (ROOT / "statemachines", ROOT / "tests", *folders):
        for file in sorted(folder.rglob("*")):
            if file.suffix in _SUFFIXES and file.is_file():
                yield str(file), file.read_bytes()
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")]):
        for number, snippet in enumerate(_SNIPPET.findall(page.read_text())):
            yield f"{page}:{number}", snippet.encode()


def first_of(problems: list[dict[str, Any]]) -> dict[str, Any]:
    """The reference's first error in the file: it lists those of its scanner before those of its parser."""
    return min(problems, key=lambda problem: problem["start"])


def _compare_first(
    kind: str, name: str, source: bytes, ours: Diagnostic, theirs: dict[str, Any], tally: Tally
) -> None:
    place = ours.subject
    assert place is not None
    if (place.start, place.end) == (theirs["start"], theirs["end"]):
        tally.counts[f"{kind} with the same range"] += 1
        return
    why = (
        f"ours: {ours.code}, {place.start}-{place.end}, line {place.line}; "
        f"reference: {theirs['summary']}, {theirs['start']}-{theirs['end']}, line {theirs['line']}"
    )
    tally.differs(f"{kind} with another range", name, why, source)
    if place.line != theirs["line"]:
        tally.counts[f"{kind} on another line"] += 1


def compare(name: str, source: bytes, reference: Reference, tally: Tally) -> bool:
    """Hold one file against the reference; whether both accept it."""
    answer = reference.ask(source)
    parsed = parse(source, name)
    problems = parsed.diagnostics
    if any(d.code in LIMITS for d in problems):
        tally.counts["beyond our limits"] += 1
        return False
    if answer.broken:
        tally.counts["the reference broke"] += 1
        return False
    if bool(problems) != bool(answer.problems):
        mine = (
            f"{problems[0].code}, line {problems[0].subject.line if problems[0].subject else 0}"
            if problems
            else "accepted"
        )
        other = (
            f"{answer.problems[0]['summary']}, line {answer.problems[0]['line']}"
            if answer.problems
            else "accepted"
        )
        tally.differs("accepted by one only", name, f"ours: {mine}; reference: {other}", source)
        return False
    if problems:
        tally.counts["refused by both"] += 1
        _compare_first("first error", name, source, parsed.told[0], first_of(answer.problems), tally)
        _compare_first("first error listed", name, source, problems[0], answer.problems[0], tally)
        return False
    tally.counts["accepted by both"] += 1
    formatted = format_text(source, name).text
    assert formatted is not None
    if formatted.encode() == answer.formatted:
        tally.counts["formatted alike"] += 1
    else:
        tally.differs("formatted differently", name, "", source)
    if format_text(formatted, name).text != formatted:
        tally.differs("not idempotent", name, "", source)
    return True


def run(
    folders: Iterable[Path], reference: Reference, *, respacings: int, mutations: int, seed: int
) -> Tally:
    """Compare the corpus, then files made of it."""
    tally = Tally()
    random_ = random.Random(seed)
    valid: list[str] = []
    for name, source in corpus(folders):
        if compare(name, source, reference, tally) and len(source) <= _LARGEST_SEED:
            valid.append(source.decode())
    tally.counts["files of the corpus"] = tally.counts["accepted by both"] + tally.counts["refused by both"]
    for number in range(respacings):
        text = respaced(random_.choice(valid).removeprefix("\ufeff"), random_)
        compare(f"respaced {number}", text.encode(), reference, tally)
    for number in range(mutations):
        text = damaged(random_.choice(valid), random_.choice(valid), random_)
        compare(f"damaged {number}", text.encode("utf-8", "surrogatepass"), reference, tally)
    return tally
