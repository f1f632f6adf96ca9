"""The store's commands beside a running daemon."""

import json

from tests.acceptance.test_trouble import _status
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def test_copied_pruned_and_checked_while_a_daemon_works_and_put_back_when_it_does_not(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    assert daemon.process is not None
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: _status(daemon, "SOC-1") == "done", "SOC-1 is not done")
    assert daemon.cli("store", "backup", "copy.db").returncode == 0
    assert daemon.deliver(daemon.release("Ships SOC-1 and SOC-2")).status == 200
    wait_until(lambda: _status(daemon, "SOC-2") == "done", "SOC-2 is not done")
    refused = daemon.cli("store", "restore", "copy.db", "--force")
    assert f"process {daemon.process.pid}" in refused.stderr.decode()
    said = json.loads(daemon.cli("store", "info", "--json").stdout)
    assert (said["daemon"], said["counts"]["deliveries"]) == (daemon.process.pid, 2)
    assert daemon.cli("store", "prune", "--older-than", "0s", "--yes").returncode == 0
    assert daemon.cli("store", "check").returncode == 0
    assert daemon.cli("verify").returncode == 0
    assert daemon.deliver(daemon.release("Ships SOC-2 and SOC-3")).status == 200
    wait_until(lambda: _status(daemon, "SOC-3") == "done", "the daemon does not go on")
    assert daemon.cli("verify").returncode == 0
    daemon.terminate()
    assert daemon.cli("store", "restore", "copy.db", "--force").returncode == 0
    daemon.start()
    assert [e["entity"] for e in [daemon.shown("SOC-1")]] == ["SOC-1"]
    assert daemon.shown("SOC-2") == {}
    # The store forgot SOC-2; Jira did not, and is asked.
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: _status(daemon, "SOC-2") == "done", "SOC-2 is not done")
    assert daemon.shown("SOC-2")["history"][0]["verdict"] == "ended"


def test_a_daemon_that_is_told_how_long_forgets_what_is_older_while_it_works(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-1 and SOC-2")).status == 200
    wait_until(lambda: _status(daemon, "SOC-1") == _status(daemon, "SOC-2") == "done", "they are not done")
    daemon.terminate()
    daemon.start("--keep", "0s")
    for number in range(3, 9):
        assert daemon.deliver(daemon.release(f"Ships SOC-{number}")).status == 200
    wait_until(lambda: jira.status("SOC-8") == "In Progress", "the daemon does not go on")
    wait_until(lambda: not daemon.shown("SOC-1")["history"], "SOC-1 is not forgotten")
    assert daemon.cli("verify").returncode == 0
    assert daemon.cli("store", "check").returncode == 0
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "Done", "SOC-1 does not go on from where it was")
    assert daemon.cli("verify").returncode == 0
