"""A hundred thousand levels, of whatever kind: parsed, formatted and checked, or refused by a limit; never a crash."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.language.format import format_text
from engine.machine.read import read_definition

LEVELS = 100_000
REFUSED = {
    "parentheses": "a = " + "(" * LEVELS + "1" + ")" * LEVELS,
    "tuples": "a = " + "[" * LEVELS + "]" * LEVELS,
    "objects": "a = " + "{ a = " * LEVELS + "1" + "}" * LEVELS,
    "blocks": "a {\n" * LEVELS + "}\n" * LEVELS,
    "interpolations": 'a = "' + '${"' * LEVELS + '"}' * LEVELS + '"',
    "directives": 'a = "' + "%{ if a }" * LEVELS + "%{ endif }" * LEVELS + '"',
    "calls": "a = " + "f(" * LEVELS + ")" * LEVELS,
    "indexes": "a = " + "x[" * LEVELS + "0" + "]" * LEVELS,
    "loops": "a = " + "[for x in " * LEVELS,
    "attributes": "a = x" + ".a" * LEVELS,
    "splats": "a = x" + "[*]" * LEVELS,
    "sums": "a = x" + " + x" * LEVELS,
    "negations": "a = " + "!" * LEVELS + "x",
    "conditionals": "a = " + "a ? b : " * LEVELS + "c",
}
READ = {
    "labels": "a " + "b " * (LEVELS // 4) + "{}",
    "arguments": "a = f(" + "1," * (LEVELS // 4) + ")",
    "conjunctions": "a = x" + " && x" * (LEVELS // 4),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_deep_is_refused_by_the_formatter_and_by_the_check(name: str) -> None:
    result = format_text(REFUSED[name] + "\n", "deep.hcl")
    assert result.text is None
    assert [d.code for d in result.diagnostics] == ["nested_too_deeply"]
    found = read_definition(REFUSED[name] + "\n", "deep.hcl")
    assert found.definition is None
    assert "nested_too_deeply" in {d.code for d in found.diagnostics}


@pytest.mark.parametrize("name", READ)
def test_what_is_only_long_is_read(name: str) -> None:
    result = format_text(READ[name] + "\n", "long.hcl")
    assert result.diagnostics == ()
    assert result.text is not None
    assert len(result.text) > LEVELS // 4
    assert "nested_too_deeply" not in {
        d.code for d in read_definition(READ[name] + "\n", "l.hcl").diagnostics
    }


@pytest.mark.parametrize("command", [["check"], ["fmt"], ["fmt", "--check"]], ids=" ".join)
def test_the_commands_say_so(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "deep.hcl"
    file.write_text(REFUSED["objects"])
    done = subprocess.run(
        [sys.executable, "-m", "engine", *command, str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "error[nested_too_deeply]" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == REFUSED["objects"]
