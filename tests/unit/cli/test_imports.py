"""What editors and hooks run at every save does not wait for imports that it does not need."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = {
    "structlog",
    "sqlalchemy",
    "aiohttp",
    "uvloop",
    "fastapi",
    "uvicorn",
    "starlette",
    "cryptography",
    "alembic",
    "asyncio",
    "pydantic",
}
#: Needed where something is wrong, which most files are not.
FOR_PROBLEMS = {"engine.diagnostic_codes", "engine.language.refusals", "engine.cli.sarif"}
PROGRAM = """
import sys
from engine.cli import main
status = main(sys.argv[1:])
print("loaded:", *sorted(sys.modules))
sys.exit(status)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "statemachines/jira.hcl"],
        ["fmt", "--check", "statemachines"],
        ["test", "statemachines/jira.hcl"],
    ],
    ids=" ".join,
)
def test_check_fmt_and_test_load_no_server_no_store_no_log_and_nothing_for_problems(
    arguments: list[str],
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.rpartition("loaded:")[2].split())
    assert "engine" in loaded
    assert loaded & (HEAVY | FOR_PROBLEMS | {"cyclopts", "rich", "lark"}) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["--version"]], ids=" ".join)
def test_help_loads_no_log(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert {"structlog", "sqlalchemy", "engine.machine"} & set(done.stdout.split()) == set()


def test_a_missing_extra_is_named() -> None:
    hidden = 'import sys\nsys.modules["pygls"] = None\nfrom engine.cli import main\nsys.exit(main(["lsp"]))'
    done = subprocess.run(
        [sys.executable, "-c", hidden], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert 'pip install "interlock[lsp]"' in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_daemon_does_not_load_the_language_server() -> None:
    program = "import sys, engine.cli.run, engine.serve.daemon\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert {"pygls", "lsprotocol", "engine.editor"} & set(done.stdout.split()) == set()
