"""``interlock check`` for people, editors and code hosts."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = 'provisioner "soc" {\n  statemachine "soc" {\n    initial = "é" + # why\n  }\n}\n'


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong one.hcl"
    file.write_text(WRONG)
    return file


def on_a_terminal(*arguments: object, **environment: str) -> str:
    outer, inner = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "engine", "check", *map(str, arguments)],
            stdout=inner,
            env={**os.environ, "TERM": "xterm", **environment},
            timeout=60,
            check=False,
        )
        return os.read(outer, 100_000).decode()
    finally:
        os.close(outer)
        os.close(inner)


def test_sarif_says_what_and_where(wrong: Path) -> None:
    done = check(wrong, "--sarif")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["version"] == "2.1.0"
    (run,) = found["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["name"] == "interlock"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "operand_missing"
    assert result["level"] == "error"
    assert result["message"]["text"].startswith('The right side of "+" is missing. ')
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert place["artifactLocation"]["uri"] == wrong.as_uri()
    data = WRONG.encode()
    region = place["region"]
    assert region["startLine"] == 3
    assert region["byteOffset"] == data.index(b"# why")
    assert WRONG.split("\n")[2][region["startColumn"] - 1 :] == "# why"


def test_sarif_of_a_right_file_has_no_result() -> None:
    done = check("statemachines/jira.hcl", "--sarif")
    assert done.returncode == 0
    assert json.loads(done.stdout)["runs"][0]["results"] == []


def test_colour_is_for_terminals_only(wrong: Path) -> None:
    assert "\x1b[" not in check(wrong).stdout
    assert "\x1b[31merror[operand_missing]" in on_a_terminal(wrong)
    assert "\x1b[" not in on_a_terminal(wrong, NO_COLOR="1")
