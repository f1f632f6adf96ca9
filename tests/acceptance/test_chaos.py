"""The crash test itself: it kills at every point and finds nothing; and it does find what is made wrong."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cli.chaos_daemon import PAUSE, WRITE
from engine.cli.chaos_judge import judge
from engine.cli.chaos_run import POINTS, WINDOW, Plan, invented, run, window
from tests.harness.daemon import ROOT, environment
from tests.harness.postgres import PostgresServer

#: The definitions that are shipped.
OWN = ("--workers", str(ROOT / "workers.yaml"), "--machines", str(ROOT / "statemachines"))


def _chaos(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "engine", "chaos", *arguments],
        cwd=folder,
        env=environment("http://127.0.0.1:1"),
        capture_output=True,
        timeout=170,
        check=False,
    )


def test_killed_at_every_point_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    ran = _chaos(
        tmp_path,
        *OWN,
        *("--deliveries", "40", "--kills", str(2 * len(POINTS)), "--seconds", "90", "--json"),
    )
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    said = json.loads(ran.stdout)
    assert (said["deliveries"], said["lost"], said["doubled"], said["reordered"], said["damaged"]) == (
        40,
        0,
        0,
        0,
        0,
    )
    kills = said["details"]["kills_at"]
    writes = {name for name in kills if name.startswith(WRITE)}
    assert set(kills) - writes == set(POINTS)
    assert len(writes) >= len(POINTS) - 1  # another write each time, as long as there are others
    assert said["delivered again"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_never_said_keeps_no_other_kill_from_being_made(tmp_path: Path) -> None:
    """No transition, so no call: three of the points are never reached."""
    machine = tmp_path / "calm.hcl"
    machine.write_text(_CALM)
    (tmp_path / "workers.yaml").write_text(
        "workers:\n  sink:\n    processor: http\n    statefile: calm.hcl\n    projects: [calm]\n"
        "    settings:\n      url: http://127.0.0.1:9/\n"
    )
    ran = _chaos(
        tmp_path,
        *("--workers", str(tmp_path / "workers.yaml"), "--machines", str(tmp_path)),
        *("--deliveries", "400", "--kills", "9", "--seconds", "90", "--json"),
    )
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    said = json.loads(ran.stdout)
    kills = said["details"]["kills_at"]
    assert (said["kills"], said["details"]["spared"]) == (9, "")
    assert {"delivery.verified", "entities.found", "decision"} <= set(kills)
    assert not {"effect.calling", "backend.exchange"} & set(kills)


_CALM = """
provisioner "calm" {
  statemachine "calm" {
    initial = "a"
    state "a" {
      on "next" { set = { seen = try(context.seen, 0) + 1 } }
    }
  }
}
"""


def test_deliveries_move_on_from_one_entity_to_the_next(tmp_path: Path) -> None:
    plan = Plan(
        workers=tmp_path,
        machines=tmp_path,
        entities=invented(["a", "b"], 1_000),
        jira_workers=frozenset(),
        jira_projects=frozenset(),
        deliveries=1_000,
        kills=0,
        seconds=30,
        seed=1,
    )
    names = plan.entities
    assert (len(names), names[:3], names[-1]) == (224, ["A-1", "B-1", "A-2"], "B-112")
    seen = [window(plan, number) for number in range(1_000)]
    assert {len(set(about)) for about in seen} == {WINDOW}
    assert seen[0] == names[:WINDOW]
    assert names[-2] in seen[-1]
    # Those that were asked for are few: all of them all the time.
    assert window(replace(plan, entities=["A-1", "A-2"]), 999) == ["A-1", "A-2"]


def test_kills_that_were_asked_for_and_not_made_are_told(tmp_path: Path) -> None:
    ran = _chaos(
        tmp_path,
        *OWN,
        *("--deliveries", "2", "--kills", "3", "--seconds", "0"),
    )
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    assert b"0 of 3 kills were made: --seconds 0 had passed" in ran.stdout
    assert ran.stderr == b""


def test_what_is_made_wrong_is_found(tmp_path: Path) -> None:
    plan = Plan(
        workers=ROOT / "workers.yaml",
        machines=ROOT / "statemachines",
        entities=["SOC-1", "SOC-2"],
        jira_workers=frozenset({"atlassian"}),
        jira_projects=frozenset({"soc", "devhop"}),
        deliveries=3,
        kills=0,
        seconds=30,
        seed=1,
    )
    ran = run(plan, tmp_path)
    found = judge(ran)
    assert found.well
    assert found.decisions >= 3
    lost = replace(ran, accepted=[*ran.accepted, "never-seen"])
    assert [list(judge(lost).lost), list(judge(lost).doubled)] == [
        ["delivery never-seen was answered and is not there"],
        [],
    ]
    issue = next(i for key in plan.entities if len((i := ran.world.issue(key)).changes) > 1)
    issue.changes.append(issue.changes[-1])
    assert judge(ran).doubled
    issue.changes.pop()
    issue.changes[0], issue.changes[1] = issue.changes[1], issue.changes[0]
    assert judge(ran).reordered
    issue.changes[0], issue.changes[1] = issue.changes[1], issue.changes[0]
    with closing(sqlite3.connect(tmp_path / "interlock.db")) as c:
        c.execute("DELETE FROM bodies")
        c.commit()
    assert judge(ran).damaged


MACHINE = """
provisioner "ops" {
  statemachine "ops" {
    initial = "calm"
    state "calm" "next" {
      transition = "busy"
      action "tell" "chat" {
        text = "busy"
      }
      action "http" "hook" {
        url = "https://nobody.example/hook"
      }
    }
    state "busy" "next" { transition = "calm" }
  }
}
"""
WORKERS = """
workers:
  pager:
    processor: http
    statefile: ops.hcl
    projects: [ops]
    settings:
      url: env://PAGER_URL
  tell:
    processor: http
    settings:
      url: env://CHAT_URL
"""


def chaos(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    (folder / "machines").mkdir()
    (folder / "machines" / "ops.hcl").write_text(MACHINE)
    (folder / "workers.yaml").write_text(WORKERS)
    files = ("--workers", "workers.yaml", "--machines", "machines")
    ran = _chaos(folder, "--json", "--seconds", "90", *files, *arguments)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def test_other_processors_are_recorded_and_nothing_of_them_is_lost_or_doubled(tmp_path: Path) -> None:
    status, said = chaos(tmp_path, "--deliveries", "20", "--kills", "12")
    assert status == 0, said
    assert said["decisions"] > 20
    # Each way there has two actions and a transition call, each way back a transition call.
    assert said["calls recorded"] >= 2 * said["decisions"] - len(said["details"]["kills_at"])
    assert said["dead letters"] == 0


def test_two_daemons_on_postgresql_are_killed_and_paused(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.url()
    status, said = chaos(tmp_path, "--deliveries", "16", "--kills", "8", "--store", url)
    assert status == 0, said
    at = said["details"]["kills_at"]
    assert at[PAUSE] >= 1
    assert any(name.startswith(WRITE) for name in at)
    assert said["decisions"] >= 16
    again, refused = run_refused(tmp_path, "--store", url)
    assert again != 0
    assert "empty" in refused


def run_refused(folder: Path, *arguments: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "engine", "chaos", "--workers", "workers.yaml", *arguments],
        cwd=folder,
        env=environment("http://127.0.0.1:1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_real_backends_are_called_only_if_it_is_said_about_what(tmp_path: Path) -> None:
    (tmp_path / "workers.yaml").write_text(WORKERS)
    status, said = run_refused(tmp_path, "--call-backends")
    assert (status != 0, "--entity" in said) == (True, True)
    status, said = run_refused(tmp_path, "--store", "sqlite:///mine.db")
    assert (status != 0, "postgresql://" in said) == (True, True)
