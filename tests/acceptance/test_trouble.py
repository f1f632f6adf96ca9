"""What goes wrong between the engine and Jira, and what becomes of it."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def test_a_conflict_is_read_back_and_tried_again(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("conflict", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: _status(daemon, "SOC-1") == "done", "SOC-1 is not done")
    assert (jira.status("SOC-1"), jira.moves("SOC-1")) == ("In Progress", 1)


def test_a_lost_answer_is_read_back_and_not_done_twice(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("answer_lost", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    wait_until(lambda: _status(daemon, "SOC-2") == "done", "SOC-2 is not done")
    assert jira.moves("SOC-2") == 1
    posts = [c for c in jira.world.calls if c.method == "POST" and c.issue == "SOC-2"]
    assert len(posts) == 1


def test_a_rate_limit_is_waited_out_as_told(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("rate_limited", on="transition", seconds=2)
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    wait_until(lambda: _status(daemon, "SOC-3") == "done", "SOC-3 is not done")
    posts = [c for c in jira.world.calls if c.method == "POST" and c.issue == "SOC-3"]
    assert (posts[1].at - posts[0].at).total_seconds() >= 2
    assert jira.moves("SOC-3") == 1


def test_a_missing_permission_is_a_dead_letter_at_once_and_a_redelivery_runs(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    jira.world.revoke("TRANSITION_ISSUES", "SOC")
    signed = daemon.release("Ships SOC-4")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: _status(daemon, "SOC-4") == "dead", "SOC-4 is no dead letter")
    page = daemon.shown("SOC-4")
    assert (page["effects"][0]["status"], page["effects"][0]["attempts"]) == ("dead", 1)
    assert "Transition issues" in page["effects"][0]["detail"]
    jira.world.grant("TRANSITION_ISSUES", "SOC")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: _status(daemon, "SOC-4") == "done", "the redelivery did not run")
    assert jira.moves("SOC-4") == 1


def test_jiras_own_words_are_in_the_dead_letter(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("forbidden", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-5")).status == 200
    wait_until(lambda: _status(daemon, "SOC-5") == "dead", "SOC-5 is no dead letter")
    assert (
        "You do not have permission to access this resource." in daemon.shown("SOC-5")["effects"][0]["detail"]
    )


def test_an_issue_that_does_not_exist_moves_nothing_and_says_so(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-999")).status == 200
    wait_until(lambda: _status(daemon, "SOC-999") == "done", "SOC-999 is not decided")
    assert daemon.shown("SOC-999")["history"][0]["verdict"] == "entity_not_found"


def test_a_waiting_entity_holds_only_itself(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("rate_limited", on="transition", seconds=3600, issue="SOC-6", times=5)
    assert daemon.deliver(daemon.release("Ships SOC-6")).status == 200
    assert daemon.deliver(daemon.release("Ships SOC-7")).status == 200
    wait_until(lambda: jira.status("SOC-7") == "In Progress", "SOC-7 waits for SOC-6")
    assert _status(daemon, "SOC-6") == "performing"
    assert jira.moves("SOC-6") == 0
    address = f"http://127.0.0.1:{daemon.port}"
    (seen,) = [
        b
        for b in json.loads(daemon.cli("backends", "--daemon", address, "--json").stdout)
        if b["backend"] == "atlassian"
    ]
    assert (seen["circuit"], seen["waiting"], seen["put_off"]) == ("closed", 0, 1)
    assert datetime.now(UTC) < datetime.fromisoformat(seen["next_at"])
    assert b"put off" in daemon.cli("backends", "--daemon", address).stdout


def test_nothing_that_is_secret_is_in_the_log_or_the_store(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("unauthorized", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-8")).status == 200
    wait_until(lambda: _status(daemon, "SOC-8") == "dead", "SOC-8 is no dead letter")
    told = daemon.log.read_bytes()
    told += b"".join(p.read_bytes() for p in daemon.folder.glob("interlock.db*"))
    for secret in (daemon.secret, "practice-token"):
        assert secret.encode() not in told
    assert (daemon.folder / "interlock.key").stat().st_mode & 0o777 == 0o600


def test_a_backend_that_is_left_alone_is_seen(daemon: DaemonProcess, jira: PracticeJira) -> None:
    address = f"http://127.0.0.1:{daemon.port}"

    def seen() -> dict[str, Any]:
        run = daemon.cli("backends", "--daemon", address, "--json")
        (found,) = [b for b in json.loads(run.stdout) if b["backend"] == "atlassian"]
        assert run.returncode == (0 if found["circuit"] == "closed" else 1)
        return dict(found)

    assert (seen()["circuit"], seen()["error"], daemon.call("GET", "/readyz").body) == (
        "closed",
        None,
        b"ready\n",
    )
    jira.world.trouble.next("error", on="any", times=10_000)
    assert (
        daemon.deliver(daemon.release("Ships " + ", ".join(f"SOC-{n}" for n in range(1, 13)))).status == 200
    )
    wait_until(lambda: seen()["circuit"] != "closed", "the circuit does not open")
    assert "500" in seen()["error"]
    wait_until(
        lambda: any(
            b"atlassian, which did not answer others" in _standing(daemon, f"SOC-{n}") for n in range(1, 13)
        ),
        "nobody is told what the entities wait for",
    )
    shown = daemon.cli("backends", "--daemon", address)
    assert b"500" in shown.stdout
    told = daemon.call("GET", "/readyz")
    assert told.status == 200, "a backend that is down is no reason to refuse deliveries"
    jira.world.trouble.clear()
    wait_until(lambda: seen()["circuit"] == "closed", "the circuit does not close", 60)
    wait_until(lambda: all(jira.moves(f"SOC-{n}") for n in range(1, 13)), "not everything was moved", 60)


def _standing(daemon: DaemonProcess, entity: str) -> bytes:
    """What is said first of an entity that waits; empty if it does not."""
    said = daemon.cli("show", entity).stdout.splitlines()[1]
    return said if said.startswith(b"  WAITS: ") else b""


def _status(daemon: DaemonProcess, entity: str) -> str:
    """The status of the entity's newest event."""
    page = daemon.shown(entity)
    return str(page["events"][0]["status"]) if page else ""
