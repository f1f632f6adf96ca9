"""What an operator pauses stays so, for every daemon and through restarts, and nothing of it is lost."""

import json
import time

from tests.acceptance.test_many_daemons import fleet
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until
from tests.harness.fleet import Fleet

__all__ = ["fleet"]


def _said(daemon: DaemonProcess, event: str) -> bool:
    return f'"{event}"' in daemon.log.read_text()


def _move(daemon: DaemonProcess, jira: PracticeJira, key: str) -> None:
    assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    wait_until(lambda: jira.status(key) == "In Progress", f"{key} was not moved")


def test_a_paused_project_is_received_for_and_goes_on_in_order(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    paused = daemon.cli("pause", "SOC", "--reason", "Jira is being upgraded")
    assert paused.returncode == 0, paused
    wait_until(lambda: _said(daemon, "work.paused"), "the daemon did not notice")
    for key in ("SOC-1", "SOC-2"):
        assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    _move(daemon, jira, "DEVHOP-1")  # another project is not held up
    assert [jira.moves(key) for key in ("SOC-1", "SOC-2")] == [0, 0]
    shown = daemon.cli("show", "SOC-1").stdout
    assert b"project soc is paused since" in shown
    assert b"Jira is being upgraded" in shown
    assert b"at work" not in shown
    assert json.loads(daemon.cli("pauses", "--json").stdout)[0]["reason"] == "Jira is being upgraded"

    assert daemon.terminate() == 0
    daemon.start()
    _move(daemon, jira, "DEVHOP-2")
    assert jira.moves("SOC-1") == 0  # still so after a restart

    assert daemon.cli("resume", "soc").returncode == 0
    wait_until(lambda: jira.moves("SOC-1") == jira.moves("SOC-2") == 1, "it did not go on")
    again = daemon.cli("resume", "soc")
    assert (again.returncode, b"project soc was not paused" in again.stdout) == (1, True)


def test_a_paused_worker_is_not_called(daemon: DaemonProcess, jira: PracticeJira) -> None:
    assert daemon.cli("pause", "--worker", "atlassian").returncode == 0
    wait_until(lambda: _said(daemon, "work.paused"), "the daemon did not notice")
    calls = len(jira.world.calls)
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    wait_until(lambda: b"atlassian is paused" in daemon.cli("show", "SOC-3").stdout, "nobody says why")
    assert jira.moves("SOC-3") == 0
    assert len(jira.world.calls) == calls
    assert daemon.cli("resume", "--worker", "atlassian").returncode == 0
    wait_until(lambda: jira.moves("SOC-3") == 1, "it did not go on")


def test_a_name_that_nobody_knows_pauses_nothing(daemon: DaemonProcess) -> None:
    for given, meant in ((["sock"], b'Did you mean "soc"?'), (["--worker", "atlasian"], b'"atlassian"?')):
        refused = daemon.cli("pause", *given)
        assert (refused.returncode, meant in refused.stderr) == (1, True), refused
    assert json.loads(daemon.cli("pauses", "--json").stdout) == []
    assert daemon.cli("pause", "--worker", "http").returncode == 0
    assert daemon.cli("pause", "later", "--anyway").returncode == 0
    assert {p["name"] for p in json.loads(daemon.cli("pauses", "--json").stdout)} == {"http", "later"}


def test_everything_can_be_paused_and_what_is_not_named_is_asked_for(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    nothing = daemon.cli("pause")
    assert nothing.returncode != 0
    assert b"say what" in nothing.stdout + nothing.stderr
    assert daemon.cli("pause", "--all").returncode == 0
    wait_until(lambda: _said(daemon, "work.paused"), "the daemon did not notice")
    for key in ("SOC-4", "DEVHOP-4"):
        assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    time.sleep(0.5)
    assert jira.moves("SOC-4") == jira.moves("DEVHOP-4") == 0
    assert daemon.call("GET", "/readyz").status == 200
    assert daemon.cli("resume", "--all").returncode == 0
    wait_until(lambda: jira.moves("SOC-4") == jira.moves("DEVHOP-4") == 1, "it did not go on")


def test_daemons_that_share_a_store_obey_together(fleet: Fleet, jira: PracticeJira) -> None:
    one, other = fleet.add(), fleet.add()
    one.register()
    other.secret, other.uri = one.secret, one.uri
    assert other.cli("pause", "soc", "--store", fleet.url).returncode == 0
    for number in range(1, 9):
        daemon = (one, other)[number % 2]
        assert daemon.deliver(daemon.release(f"Ships SOC-{number}")).status == 200
    time.sleep(1.5)
    assert [jira.moves(f"SOC-{n}") for n in range(1, 9)] == [0] * 8
    assert one.cli("resume", "soc", "--store", fleet.url).returncode == 0
    wait_until(lambda: all(jira.moves(f"SOC-{n}") == 1 for n in range(1, 9)), "they did not go on")
    assert "partition.stranded" not in one.log.read_text() + other.log.read_text()
