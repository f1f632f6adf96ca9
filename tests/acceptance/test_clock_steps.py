"""A clock that is set, and clocks that disagree: nothing waits for what the clock said before, and nothing runs wild."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.harness.clock import Clock
from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until
from tests.harness.fleet import Fleet
from tests.harness.postgres import PostgresServer

HOUR, DAY = 3600.0, 86400.0
MACHINE = """
provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "in_progress" }
    state "in_progress" {
      after {
        delay      = "20h"
        transition = "done"
      }
    }
    state "done" {}
  }
}
provisioner "devhop" {
  statemachine "devhop" {
    initial = "a"
    state "a" {}
  }
}
"""


def moved(jira: PracticeJira, *numbers: int) -> Callable[[], bool]:
    return lambda: all(jira.status(f"SOC-{n}") == "In Progress" for n in numbers)


def test_an_hour_back_keeps_nothing_waiting_that_was_not_put_off(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    daemon = make_daemon(machines=MACHINE, **clock.environ).start()
    daemon.register()
    assert daemon.cli("pause", "soc").returncode == 0
    wait_until(lambda: "work.paused" in daemon.log.read_text(), "it is not paused")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    clock.set(-HOUR)
    assert daemon.cli("resume", "soc").returncode == 0
    wait_until(moved(jira, 1), "what was received before the step waits for an hour")


def test_an_hour_back_leaves_no_backend_alone_for_an_hour(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    daemon = make_daemon(machines=MACHINE, **clock.environ).start()
    daemon.register()
    jira.world.trouble.next("error", on="any", times=10_000)
    assert (
        daemon.deliver(daemon.release("Ships " + ", ".join(f"SOC-{n}" for n in range(1, 13)))).status == 200
    )
    wait_until(lambda: "circuit.opened" in daemon.log.read_text(), "the circuit does not open")
    # Those that failed are put off by themselves; these wait for nothing but the backend.
    later = range(13, 21)
    assert daemon.deliver(daemon.release("Ships " + ", ".join(f"SOC-{n}" for n in later))).status == 200
    wait_until(
        lambda: b"did not answer others" in daemon.cli("show", "SOC-20").stdout, "SOC-20 does not wait for it"
    )
    clock.set(-HOUR)
    jira.world.trouble.clear()
    wait_until(lambda: "circuit.closed" in daemon.log.read_text(), "nobody looks whether the backend is back")
    assert "clock.set_back" in daemon.log.read_text()

    def all_moved() -> bool:
        daemon.cli("retry", "--all")  # those that were put off by themselves
        return moved(jira, *range(1, 21))()

    wait_until(all_moved, "not everything was moved", 90)
    assert all(jira.moves(f"SOC-{n}") == 1 for n in range(1, 21))


def _waits_for_the_second_time(said: str) -> bool:
    return said.count('"status":429') == 2 and said.rindex("effect.waiting") > said.rindex('"status":429')


def test_a_day_forward_fires_timers_once_and_gives_nothing_up(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira, tmp_path: Path
) -> None:
    clock = Clock(tmp_path / "clock")
    daemon = make_daemon(machines=MACHINE, **clock.environ).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(moved(jira, 1), "SOC-1 is not moved")
    jira.world.trouble.next("rate_limited", on="transition", seconds=1800, issue="SOC-2", times=2)
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: "effect.waiting" in daemon.log.read_text(), "SOC-2 does not wait")
    clock.set(DAY)
    wait_until(lambda: jira.status("SOC-1") == "Done", "the timer does not run out")
    # Not the second try: of that the connection may be one that the backend closes just then, for it was idle.
    wait_until(lambda: _waits_for_the_second_time(daemon.log.read_text()), "SOC-2 is not tried again")
    assert daemon.cli("retry", "--all").returncode == 0
    wait_until(lambda: jira.status("SOC-2") == "Done", "SOC-2 was given up")
    assert [jira.moves(f"SOC-{n}") for n in (1, 2)] == [2, 2]
    assert daemon.cli("verify").returncode == 0


def test_clocks_that_disagree_hold_nothing_up_and_let_nobody_run_wild(
    make_daemon: Callable[..., DaemonProcess], postgres: PostgresServer, jira: PracticeJira, tmp_path: Path
) -> None:
    """A receiver is an hour ahead of the database, a worker an hour behind it."""
    fleet = Fleet(make_daemon, postgres, jira)
    receiver = fleet.add("receive", machines=MACHINE, **Clock(tmp_path / "ahead", HOUR).environ)
    receiver.register()
    worker = fleet.add("work", machines=MACHINE, **Clock(tmp_path / "behind", -HOUR).environ)
    jira.world.trouble.next("rate_limited", on="transition", seconds=8, issue="SOC-2", times=1)
    assert receiver.deliver(receiver.release("Ships SOC-1, SOC-2")).status == 200
    wait_until(moved(jira, 1), "what was received waits for the worker's clock to come to the receiver's")
    wait_until(lambda: "effect.waiting" in worker.log.read_text(), "SOC-2 does not wait")

    def wakes() -> int:
        return int(fleet.ask("SELECT last_value FROM procrastinate_jobs_id_seq")[0][0])

    before = wakes()
    time.sleep(4)
    assert wakes() - before < 20, "the partition is worked again and again, and nothing is due"
    (told,) = [line for line in worker.lines() if line["event"] == "clock.differs"]
    assert -3605 < told["seconds"] < -3595
    wait_until(moved(jira, 2), "SOC-2 is not tried again")
