"""A project that is taken out of ``workers.yaml`` by mistake, or for good, through the real command line."""

import json
from pathlib import Path

import pytest

from tests.acceptance.test_trouble import _status
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def _without_soc(daemon: DaemonProcess) -> str:
    file = Path(daemon.folder) / "workers.yaml"
    before = file.read_text()
    file.write_text(before.replace("      - soc\n", ""))
    wait_until(
        lambda: any(line["event"] == "definitions.reloaded" for line in daemon.lines()), "not loaded anew"
    )
    return before


def _parked(daemon: DaemonProcess) -> None:
    assert daemon.cli("pause", "soc").returncode == 0
    wait_until(lambda: any(line["event"] == "work.paused" for line in daemon.lines()), "not paused")
    for notes in ("Ships SOC-1", "Ships SOC-1 again"):
        assert daemon.deliver(daemon.release(notes)).status == 200


@pytest.mark.parametrize("comes_back", [True, False], ids=["a mistake", "for good"])
def test_what_a_project_left_behind(daemon: DaemonProcess, jira: PracticeJira, comes_back: object) -> None:
    _parked(daemon)
    before = _without_soc(daemon)
    assert daemon.cli("resume", "soc").returncode == 0
    wait_until(lambda: any(line["event"] == "event.parked" for line in daemon.lines()), "nothing is parked")
    shown = daemon.cli("show", "SOC-1")
    assert b"PARKED: event next is not decided: no_machine_for_project" in shown.stdout, shown.stdout
    planned = daemon.cli("deadletters", "bury", "--project", "soc")
    assert planned.returncode == 0
    assert b"Bury 2 event(s)" in planned.stdout
    assert b"Nothing was changed" in planned.stdout
    if comes_back:
        (Path(daemon.folder) / "workers.yaml").write_text(before)
        wait_until(lambda: _status(daemon, "SOC-1") == "done", "it was not decided")
        wait_until(lambda: jira.moves("SOC-1") >= 1, "nothing was called")
        return
    assert b"2 done." in daemon.cli("deadletters", "bury", "--project", "soc", "--yes").stdout
    letters = json.loads(daemon.cli("deadletters", "list", "--json").stdout)
    assert [letter["entity"] for letter in letters] == ["SOC-1", "SOC-1"]
    nothing = daemon.cli("deadletters", "bury", "--all")
    assert (nothing.returncode, b"Nothing of that is parked" in nothing.stdout) == (1, True)
    assert jira.moves("SOC-1") == 0


def test_an_entity_of_a_project_that_nothing_serves_says_so(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.moves("SOC-1") == 1, "it was not moved")
    wait_until(lambda: daemon.shown("SOC-1")["standing"] == [], "something is still to be done")
    before = _without_soc(daemon)
    (kept,) = daemon.shown("SOC-1")["standing"]
    assert kept["kind"] == "unserved"
    assert kept["because"].startswith(
        "no worker of workers.yaml serves project soc, so nothing of it is decided or called"
    )
    assert b"NOT SERVED: no worker of workers.yaml" in daemon.cli("show", "SOC-1").stdout
    elsewhere = Path(daemon.folder) / "elsewhere.yaml"
    assert (
        daemon.cli("show", "SOC-1", "--workers", str(elsewhere)).stdout.count(b"waits for its next event")
        == 1
    )
    elsewhere.write_text(before)
    assert (
        daemon.cli("show", "SOC-1", "--workers", str(elsewhere)).stdout.count(b"waits for its next event")
        == 1
    )


def test_it_asks_what_to_bury(daemon: DaemonProcess) -> None:
    refused = daemon.cli("deadletters", "bury", "--yes")
    assert (refused.returncode, refused.stderr) == (
        1,
        b"interlock: say what: --project, --entity or --all\n",
    )
