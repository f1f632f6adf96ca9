"""No field of an example that a provider or its users have published is told to be a mistake.

``payloads/SOURCE.txt`` has a line for each event type with the names in examples of it: ``commits[](author(email name))``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.language.suggest import did_you_mean
from engine.sources.payloads import KNOWN_TYPES, fault_in

FOLDER = Path(__file__).parent / "payloads"
_WORD = re.compile(r"[()]|\[\]|[^\s()\[\]]+")
Path_ = tuple[str | int, ...]


def paths(written: str) -> Iterator[Path_]:
    """Every path that one line names; an element of a list is its first one."""
    inside: list[Path_] = [()]
    last: Path_ = ()
    for word in _WORD.findall(written):
        if word == "(":
            inside.append(last)
        elif word == ")":
            inside.pop()
        elif word == "[]":
            last = (*last, 0)
        else:
            last = (*inside[-1], word)
            yield last


def examples() -> Iterator[tuple[str, str, str]]:
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text().splitlines():
            event_type, _, written = line.partition(" ")
            yield file.stem, event_type, written


@pytest.mark.parametrize(
    ("source", "event_type", "written"), list(examples()), ids=lambda value: str(value).partition(" ")[0][:40]
)
def test_every_field_of_the_examples_is_known(source: str, event_type: str, written: str) -> None:
    assert event_type in KNOWN_TYPES[source]
    found = list(paths(written))
    assert found
    faults = [(path, fault) for path in found if (fault := fault_in(source, event_type, path)) is not None]
    assert [p for p, f in faults if not f.open or did_you_mean(str(p[f.at]), f.known)] == []


def test_the_examples_are_of_every_source_whose_payloads_are_known() -> None:
    assert {source for source, _, _ in examples()} == set(KNOWN_TYPES)
