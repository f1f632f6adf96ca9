"""Command lines that need no parser mean what the parser says they mean."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from engine.cli import plain as plain_lines
from engine.cli.app import make_app
from engine.cli.plain import plain

LINES = [
    ["check"],
    ["check", "a.hcl"],
    ["check", "a b.hcl", "c/workers.yaml"],
    ["check", "--json"],
    ["check", "a.hcl", "--json", "b.hcl"],
    ["check", "--sarif", "a.hcl"],
    ["test"],
    ["test", "--json", "a.hcl", "b_test.hcl"],
    ["fmt"],
    ["fmt", "--check", "statemachines"],
    ["fmt", "a.hcl", "--diff", "--check"],
]


def meant(line: list[str], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """What reaches the function behind a command, when the line is taken as plain."""
    called: dict[str, Any] = {}

    def note(*files: Path, **flags: bool) -> int:
        called.update(files=files, **flags)
        return 7

    module, name, _ = plain_lines.COMMANDS[line[0]]
    monkeypatch.setattr(import_module(module), name, note)
    run = plain(line)
    assert run is not None
    assert run() == 7
    return called


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_plain_line_means_what_the_parser_makes_of_it(
    line: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bound, unknown, *_ = make_app(line).parse_known_args(line)
    assert not unknown
    assert meant(line, monkeypatch) == {"files": bound.args, **bound.kwargs}


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["--help"],
        ["run"],
        ["explain", "unclosed"],
        ["check", "--help"],
        ["check", "--workers", "w.yaml"],
        ["check", "--machines=m"],
        ["check", "--jsno"],
        ["check", "--json", "--json"],
        ["check", "--no-json"],
        ["check", ""],
        ["check", "--", "a.hcl"],
        ["test", "--project", "soc"],
        ["fmt", "-"],
        ["fmt", "-x"],
        ["hooks", "list"],
    ],
    ids=" ".join,
)
def test_everything_else_is_left_to_the_parser(line: list[str]) -> None:
    assert plain(line) is None
