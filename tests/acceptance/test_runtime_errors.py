"""What could not be evaluated is told with the values that it failed for, wherever a person reads why."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEFINITION = """
provisioner "soc" {
  receive "github" "push" {
    when   = length(event.commits) > 0
    entity = issue_keys(event.ref.name)
    fire   = "next"
  }
  receive "github" "create" {
    entity = issue_keys(event.ref)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        when       = event.master_branch + 1 > 3
        transition = "b"
      }
      on "go" {
        set        = { n = event.list[event.at] }
        transition = "b"
      }
      on "run" {
        transition = "b"
        action "http" "x" {
          url  = "https://x.example/"
          body = { share = event.done / event.all }
        }
      }
    }
    state "b" { final = true }
  }
  test "go" {
    when "go" { event = { list = [1, 2], at = 7 } }
    then { state = "b" }
  }
  test "run" {
    when "run" { event = { done = 3, all = 0 } }
    then { state = "b" }
  }
}
"""


def interlock(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    file = tmp_path / "soc.hcl"
    file.write_text(DEFINITION)
    return file


@pytest.mark.parametrize(
    ("type_", "payload", "said"),
    [
        ("push", {"ref": "SOC-1", "commits": 7}, "not a string, list or object (event.commits is 7)"),
        ("push", {"ref": "SOC-1", "commits": [1]}, 'has no attribute "name" (event.ref is "SOC-1")'),
        (
            "create",
            {"ref": "SOC-1", "master_branch": "main"},
            'spells no number (event.master_branch is "main")',
        ),
    ],
)
def test_simulate_shows_the_values(
    type_: str, payload: dict[str, object], said: str, definition: Path, tmp_path: Path
) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps(payload))
    assert said in interlock("simulate", definition, file, "--type", type_)
    assert said in json.dumps(
        json.loads(interlock("simulate", definition, file, "--type", type_, "--json"))
    ).replace('\\"', '"')


def test_a_failed_test_shows_the_values(definition: Path) -> None:
    told = interlock("test", definition)
    assert "event.list has no element 7 (event.list is a list of 2, event.at is 7)" in told
    assert 'The result of "/" divides by zero (event.done is 3, event.all is 0)' in told
