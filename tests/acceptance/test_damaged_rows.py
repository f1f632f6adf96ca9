"""An instance that somebody has damaged in the store: nothing false is decided from it, nothing is lost, and it is said plainly."""

import sqlite3
from contextlib import closing
from typing import Any

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

_ZZ = "UPDATE instances SET last_hash = 'zz' WHERE entity_id = 'SOC-1'"
_GONE = "UPDATE instances SET last_history_id = NULL, last_hash = NULL WHERE entity_id = 'SOC-2'"
_MENDED = """UPDATE instances SET (last_history_id, last_hash) = (SELECT max(id), hash FROM history
WHERE history.entity_id = instances.entity_id)"""


def _change(daemon: DaemonProcess, *statements: str) -> None:
    with closing(sqlite3.connect(daemon.folder / "interlock.db", timeout=30)) as c:
        for statement in statements:
            assert c.execute(statement).rowcount > 0
        c.commit()


def _said(daemon: DaemonProcess, event: str) -> list[dict[str, Any]]:
    return [line for line in daemon.lines() if line.get("event") == event]


def test_what_is_damaged_is_parked_and_goes_on_when_it_is_mended(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-1, SOC-2 and SOC-3")).status == 200
    wait_until(lambda: all(jira.moves(f"SOC-{n}") == 1 for n in (1, 2, 3)), "not everything was moved")
    wait_until(lambda: len(_said(daemon, "effect.confirmed")) == 3, "not everything is written down")
    _change(daemon, _ZZ, _GONE)
    assert daemon.deliver(daemon.release("Ships SOC-1, SOC-2 and SOC-3")).status == 200
    wait_until(lambda: jira.moves("SOC-3") == 2, "what is whole does not go on")
    wait_until(lambda: len(_said(daemon, "event.parked")) == 2, "nobody is told")
    told = {line["entity"]: line["because"] for line in _said(daemon, "event.parked")}
    assert told == {
        "SOC-1": "the instance of SOC-1 of project soc cannot be read, it is damaged: its last_hash is text, not a hash",
        "SOC-2": "the instance of SOC-2 of project soc does not name its last decision any more, it was damaged: what is decided "
        "from it would begin another history",
    }
    assert _said(daemon, "event.failed") == []
    assert (
        b"PARKED: event next is not decided: damaged_row: the instance of SOC-2"
        in daemon.cli("show", "SOC-2").stdout
    )
    checked = daemon.cli("store", "check", "--json")
    assert checked.returncode == 1
    assert b"last_hash of row 1 of instances" in checked.stdout
    assert (
        b"instance SOC-2 names another hash as its last decision's than its history ends with"
        not in checked.stdout
    )
    assert b"instance SOC-2 has neither history nor a checkpoint" in checked.stdout
    assert daemon.terminate() == 0
    _change(daemon, _MENDED)
    daemon.start()
    wait_until(lambda: all(jira.moves(f"SOC-{n}") == 2 for n in (1, 2, 3)), "not everything goes on")
    wait_until(lambda: len(_said(daemon, "effect.confirmed")) == 6, "not everything is written down")
    assert daemon.cli("verify").returncode == 0
    assert daemon.cli("store", "check").returncode == 0
    _change(daemon, "UPDATE instances SET last_hash = NULL WHERE entity_id = 'SOC-2'")
    assert b"instance SOC-2 names another hash" in daemon.cli("store", "check", "--json").stdout
