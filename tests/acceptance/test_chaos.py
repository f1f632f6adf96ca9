"""The crash test itself: it kills at every point and finds nothing; and it does find what is made wrong."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from engine.cli.chaos_judge import judge
from engine.cli.chaos_run import POINTS, WRITE, Plan, run
from tests.harness.daemon import ROOT, environment


def test_killed_at_every_point_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "engine", "chaos", "--json"),
            *("--workers", str(ROOT / "workers.yaml"), "--machines", str(ROOT / "statemachines")),
            *("--deliveries", "40", "--kills", str(2 * len(POINTS)), "--seconds", "90"),
        ],
        cwd=tmp_path,
        env=environment("http://127.0.0.1:1"),
        capture_output=True,
        timeout=170,
        check=False,
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


def test_what_is_made_wrong_is_found(tmp_path: Path) -> None:
    plan = Plan(
        workers=ROOT / "workers.yaml",
        machines=ROOT / "statemachines",
        entities=["SOC-1", "SOC-2"],
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
    with closing(sqlite3.connect(ran.store)) as c:
        c.execute("DELETE FROM bodies")
        c.commit()
    assert judge(ran).damaged
