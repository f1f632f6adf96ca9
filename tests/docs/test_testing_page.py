"""The page about testing is true: its Python runs under pytest, as it stands, and its commands do what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/testing.md").read_text()
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(PAGE) if found == kind]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a reader has who has saved the first example."""
    (tmp_path / "dev.hcl").write_text(blocks("hcl")[0])
    (tmp_path / "soc.hcl").write_text(blocks("hcl")[0])
    machines = tmp_path / "statemachines" / "dev"
    machines.mkdir(parents=True)
    (machines / "machine.hcl").write_text(blocks("hcl")[0])
    (tmp_path / "payload.json").write_text('{"ref": "DEV-7-login"}')
    return tmp_path


def run(project: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_its_python_runs_as_it_stands(project: Path) -> None:
    settings = (
        "from hypothesis import settings\n"
        "settings.register_profile('page', max_examples=20, derandomize=True, deadline=None)\n"
        "settings.load_profile('page')\n"
    )
    (project / "test_page.py").write_text(settings + "\n\n".join(blocks("python")))
    done = run(project, "pytest", "-q", "-p", "engine.testing.pytest_plugin", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    tests = len(re.findall(r"^def test_|^Test\w+ = ", "\n".join(blocks("python")), re.MULTILINE))
    assert f"{tests} passed" in done.stdout


def test_its_commands_do_what_it_says(project: Path) -> None:
    listed = [line for line in "\n".join(blocks("sh")).splitlines() if line.startswith("interlock ")]
    told = [shlex.split(line, comments=True)[1:] for line in listed]
    assert len(told) >= 8
    for command in told:
        if "--delivery" in command:
            continue  # it needs a store: tests/acceptance/test_tools.py
        done = run(project, "engine", *command, stdin="q\n")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    result = json.loads(run(project, "engine", "test", "soc.hcl", "--json").stdout)
    assert result["ok"] is True
