"""docs/sources.md says what the code's tables say, and its definitions are found right with the sources' eyes.

After a change that is meant, write the tables anew with ``INTERLOCK_GOLDEN=write`` in the environment.
"""

import os
import re
from pathlib import Path

import pytest

from engine.machine.read import read_definition
from engine.practice.senders import signed_delivery
from engine.sources.catalog import SOURCES
from engine.sources.check import check_sources
from engine.sources.payloads import KNOWN_TYPES, fault_in, is_known
from engine.sources.signatures import TOLERANCE, Scheme
from engine.sources.source import Source

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


def proves(scheme: Scheme) -> str:
    """What a scheme asks of a delivery, in words."""
    if scheme.digest is None:
        return f"`{scheme.header}` is the secret"
    signed = " and ".join([*(f"`{name}`" for name in scheme.signed), "the body"])
    signed = signed.replace("` and `", "`, `")
    value = f"`{scheme.prefix}` and {'base64' if scheme.base64 else 'hexadecimal digits'}"
    times = f", sent at most {TOLERANCE} s ago or ahead" if scheme.time is not None else ""
    return f"`{scheme.header}`: {value} of HMAC-SHA256 over {signed}{times}"


def says_type(source: Source) -> str:
    members = [f"`event.{member}`" for member in source.type_members]
    return ", else ".join([*members, *([f"`{source.type_header}`"] if source.type_header else [])])


def repeats(source: Source) -> str:
    found = dict.fromkeys(f"`{s.identity}`" for s in source.schemes if s.identity)
    return f"{' or '.join(found)}, and the body" if found else "the body"


def table_of_sources() -> str:
    rows = [
        f"| `{s.name}` | {s.title} | {'; or '.join(proves(x) for x in s.schemes)} | {says_type(s)} | "
        f"{', else '.join(f'`{name}`' for name in s.id_headers)} | {repeats(s)} | "
        f"{', '.join(f'`{name}`' for name in sorted(s.greetings))} |"
        for s in SOURCES.values()
    ]
    head = "| name | who | what proves it | event type | delivery identifier | the same again if equal | greeting |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])


def table_of_types(source: str) -> str:
    """Every type; those whose fields are known in bold."""
    shown = (
        f"**`{kind}`**" if is_known(source, kind) else f"`{kind}`" for kind in sorted(KNOWN_TYPES[source])
    )
    return ", ".join(shown)


#: What stands between the marks on the page.
PARTS = {"sources": table_of_sources(), **{f"types of {name}": table_of_types(name) for name in KNOWN_TYPES}}


@pytest.mark.parametrize("part", PARTS)
def test_the_tables_are_those_of_the_code(part: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    marks = f"<!-- {part} -->\n", "\n<!-- end -->"
    assert marks[0] in text
    before, _, rest = text.partition(marks[0])
    found, _, after = rest.partition(marks[1])
    if os.environ.get("INTERLOCK_GOLDEN") == "write":
        PAGE.write_text(before + marks[0] + PARTS[part] + marks[1] + after, encoding="utf-8")
        found = PARTS[part]
    assert found == PARTS[part]


def test_every_source_has_a_section_with_a_definition_that_is_right() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for source in SOURCES.values():
        section = text.partition(f"\n## {source.title}\n")[2].partition("\n## ")[0]
        assert f"interlock hooks register {source.name} " in section
        definitions = re.findall(r"```hcl\n(.*?)```", section, re.DOTALL)
        assert definitions
        for written in definitions:
            read = read_definition(written, "docs/sources.md")
            assert read.definition is not None
            assert check_sources(read) == ()
            receives = [r for p in read.definition.provisioners.values() for r in p.receives]
            assert {r.source for r in receives} == {source.name}


def test_the_members_that_the_page_names_for_times_are_there() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| `event\.([\w.]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert {source for source, _, _ in rows} == set(SOURCES)
    for source, kind, path in rows:
        if is_known(source, kind):
            assert fault_in(source, kind, path.split(".")) is None


def test_every_source_can_be_practised() -> None:
    from datetime import UTC, datetime

    for name, source in SOURCES.items():
        secret = "whsec_" + "A" * 32 if source.schemes[0].secret_prefix else "secret"
        at = datetime(2026, 1, 1, tzinfo=UTC)
        assert signed_delivery(name, "x", {}, secret=secret, delivery_id="d", now=at).headers
