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
}
PROGRAM = """
import sys
from engine.cli import main
status = main(sys.argv[1:])
print("loaded:", *sorted(name for name in sys.modules if "." not in name))
sys.exit(status)
"""


@pytest.mark.parametrize(
    "arguments", [["check", "statemachines/jira.hcl"], ["fmt", "--check", "statemachines"]]
)
def test_check_and_fmt_load_no_server_no_store_and_no_log(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(done.stdout.rpartition("loaded:")[2].split())
    assert "lark" in loaded
    assert loaded & HEAVY == set()
