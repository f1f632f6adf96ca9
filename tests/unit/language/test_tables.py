"""The tables that are kept beside the grammar are Lark's, and count only for that grammar."""

import json
from pathlib import Path

import pytest

from engine import resources
from engine.language import tables
from engine.language.automaton import made_by_lark

KEPT = resources.shipped("grammars/hcl.tables.json")


def test_what_is_kept_is_what_lark_says() -> None:
    assert json.loads(KEPT.read_bytes()) == made_by_lark(), "the grammar has changed: run `make tables`"


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"grammar": 1}', b"\xff", b'"' + b"x" * 1000], ids=str
)
def test_without_tables_of_this_grammar_lark_is_asked(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "grammars").mkdir()
    if content is not None:
        (tmp_path / "grammars" / KEPT.name).write_bytes(content)
    kept = tables.tables()
    monkeypatch.setattr(tables, "shipped", tmp_path.joinpath)
    made = tables.tables.__wrapped__()
    assert (made.gotos, made.start, made.end) == (kept.gotos, kept.start, kept.end)
    assert [list(state) for state in made.actions] == [list(state) for state in kept.actions]


def test_a_changed_grammar_counts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = resources.grammar("hcl.lark").replace("-> tuple_constructor", "-> tuple_constructor // changed")
    monkeypatch.setattr(tables, "grammar", lambda _name: changed)
    assert tables._kept() is None
