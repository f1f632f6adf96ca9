"""kill -9 at any point, then a restart: the work is finished, once."""

import random
import time
from collections.abc import Callable

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def test_killed_while_jira_does_not_answer_the_transition_that_happened(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    jira.world.trouble.next("answer_hangs", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "Jira was not called")
    daemon.kill()
    daemon.start()
    wait_until(lambda: _finished(daemon, ["SOC-1"]), "the restarted daemon did not finish")
    assert jira.moves("SOC-1") == 1
    assert "already" in daemon.shown("SOC-1")["effects"][0]["detail"]


def test_killed_before_jira_was_reached_at_all(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("request_hangs", on="issue")
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: not jira.world.trouble.waiting(), "Jira was not asked")
    daemon.kill()
    assert jira.moves("SOC-2") == 0
    daemon.start()
    wait_until(lambda: _finished(daemon, ["SOC-2"]), "the restarted daemon did not finish")
    assert (jira.status("SOC-2"), jira.moves("SOC-2")) == ("In Progress", 1)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_again_and_again_nothing_is_lost_or_done_twice(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira, seed: int
) -> None:
    chosen = random.Random(seed)
    daemon = make_daemon().start()
    daemon.register()
    keys = [f"{project}-{n}" for n in range(1, 16) for project in ("SOC", "DEVHOP")]
    accepted: list[str] = []
    while len(accepted) < len(keys):
        for key in keys[len(accepted) : len(accepted) + chosen.randint(1, 8)]:
            assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
            accepted.append(key)
        time.sleep(chosen.random() * 0.08)
        daemon.kill()
        daemon.start()
    wait_until(lambda: _finished(daemon, keys), "not everything was finished")
    assert {key: (jira.status(key), jira.moves(key)) for key in keys} == dict.fromkeys(
        keys, ("In Progress", 1)
    )


def test_a_delivery_is_durable_when_it_is_answered(daemon: DaemonProcess, jira: PracticeJira) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    daemon.kill()
    daemon.start()
    wait_until(lambda: _finished(daemon, ["SOC-3"]), "an answered delivery was lost")
    assert jira.moves("SOC-3") == 1


def test_sigterm_drains_and_ends_with_status_zero(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("slow", on="transition", seconds=1)
    assert daemon.deliver(daemon.release("Ships SOC-4")).status == 200
    wait_until(lambda: jira.status("SOC-4") == "In Progress", "Jira was not called")
    assert daemon.terminate() == 0
    said = [line["event"] for line in daemon.lines()]
    assert said[-1] == "daemon.stopped"
    assert "effect.confirmed" in said


def test_sigterm_does_not_wait_for_a_backend_that_hangs(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("answer_hangs", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-5")).status == 200
    wait_until(lambda: jira.status("SOC-5") == "In Progress", "Jira was not called")
    assert daemon.terminate() == 0
    daemon.start()
    wait_until(lambda: _finished(daemon, ["SOC-5"]), "the restarted daemon did not finish")
    assert jira.moves("SOC-5") == 1


def _finished(daemon: DaemonProcess, keys: list[str]) -> bool:
    import sqlite3

    connection = sqlite3.connect(f"file:{daemon.folder / 'interlock.db'}?mode=ro", uri=True)
    try:
        rows = connection.execute("select entity_id, finished_at is not null from inbox").fetchall()
    finally:
        connection.close()
    done = {entity for entity, finished in rows if finished}
    return done >= set(keys) and all(finished for _, finished in rows)
