"""Numbers from a delivery through guards and contexts into the store and back: on the command line and in the real daemon."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

DEFINITION = """
provisioner "soc" {
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "score" {
        when       = event.score == 0.1 && event.score * 3 == 0.3 && 1 / 3 * 3 == 1
        transition = "scored"
        set = {
          third = 1 / 3
          told  = "${event.score + 0.2} of ${event.whole}, ${format("%.2f", 2 / 3)}, ${event.whole / 4 * -0}"
          rest  = floor(event.whole % 5.1 * 100) / 100
        }
      }
    }
    state "scored" {
      on "score" {
        when       = context.third != 1 / 3 && context.third * 3 < 1 && context.rest == 0.8
        transition = "done"
      }
      on "score" { transition = "open" }
    }
    state "done" { final = true }
  }

  property "it ends" {
    reachable = ["scored"]
  }

  property "only a tenth is a score" {
    never = state == "scored" && event.score < 0.1
  }

  test "what is stored reads back as it was stored" {
    when "score" {
      event = { score = 0.1, whole = 11 }
    }
    when "score" {
      event = { score = 0.5, whole = 11 }
    }
    then {
      state = "done"
      context = {
        third = 0.3333333333333333
        told  = "0.3 of 11, 0.67, -0"
        rest  = 0.8
      }
    }
  }
}
"""


def test_a_definition_calculates(tmp_path: Path) -> None:
    file = tmp_path / "numbers.hcl"
    file.write_text(DEFINITION)
    for command in ("check", "test"):
        done = subprocess.run(
            [sys.executable, "-m", "engine", command, str(file)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout


MACHINE = """
provisioner "soc" {
  receive "github" "release" {
    when       = event.action == "published" && event.release.id / 3 * 3 == event.release.id
    entity     = issue_keys(event.release.body)
    once_per   = event.release.id / 3
    ordered_by = event.release.id * 0.1
    fire       = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      set        = { third = event.release.id / 3, minus = event.release.id * -0, told = "= ${1 / 3}" }
    }
    state "in_progress" "next" {
      when       = context.third < 10 / 3 + 0.1 && context.minus == 0
      transition = "done"
      set        = { again = context.third }
    }
    state "done" {}
  }
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
}
"""
WORKERS = "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc]\n"


def test_a_daemon_stores_them_and_decides_the_same_again(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon(machines=MACHINE, workers=WORKERS).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1", release_id=10)).status == 200
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "the first release moved nothing")
    assert daemon.deliver(daemon.release("Ships SOC-1", release_id=11)).status == 200
    wait_until(lambda: jira.status("SOC-1") == "Done", "the second release moved nothing")

    def decided() -> dict[str, Any] | None:
        page = daemon.shown("SOC-1")
        return page if all(e["status"] == "done" for e in page["events"]) else None

    page = wait_until(decided, "the events are not finished")
    assert page["context"] == {
        "third": 10 / 3,
        "minus": 0,
        "told": "= 0." + "3" * 154 + "5",
        "again": 10 / 3,
    }
    verified = daemon.cli("verify")
    assert verified.returncode == 0, verified.stdout
