"""A signed GitHub release moves Jira issues."""

import json
import time

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until


def test_a_signed_release_moves_the_issue_and_everything_is_recorded(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    answer = daemon.deliver(daemon.release("Ships SOC-1. Reads UTF-8."))
    assert (answer.status, answer.body) == (200, b'"{}"')
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "SOC-1 did not move")
    wait_until(lambda: not _pending(daemon, "SOC-1"), "the call is not confirmed")
    page = daemon.shown("soc-1")
    assert (page["state"], page["observed_status"]) == ("in_progress", "In Progress")
    assert [(h["before"], h["after"], h["verdict"]) for h in page["history"]] == [
        ("to_do", "in_progress", "moved")
    ]
    assert [e["status"] for e in page["effects"]] == ["done"]
    assert jira.moves("SOC-1") == 1
    listed = json.loads(daemon.cli("deliveries", "--json").stdout)
    assert [(d["source"], d["type"], d["verdict"]) for d in listed] == [("github", "release", "accepted")]
    said = [line["event"] for line in daemon.lines()]
    wanted = ["delivery.verified", "entities.found", "decision", "backend.exchange", "effect.confirmed"]
    assert [w for w in wanted if w not in said] == []


def test_each_call_is_told_when_it_ends_not_when_the_attempt_is_over(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    jira.world.trouble.next("answer_hangs", on="transition")
    assert daemon.deliver(daemon.release("Ships SOC-6")).status == 200
    told = wait_until(
        lambda: [
            e["url"]
            for e in daemon.lines()
            if e["event"] == "backend.exchange" and "transitions?" in e["url"]
        ],
        "the call before the one that hangs was not told",
    )
    assert len(told) == 1
    assert "effect.waiting" not in {line["event"] for line in daemon.lines()}


def test_two_definitions_twenty_issues_twenty_deliveries(daemon: DaemonProcess, jira: PracticeJira) -> None:
    keys = [f"{project}-{n}" for n in range(1, 11) for project in ("SOC", "DEVHOP")]
    for key in keys:
        assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    wait_until(lambda: all(jira.status(k) == "In Progress" for k in keys), "not all issues moved")
    time.sleep(0.3)
    assert [jira.moves(k) for k in keys] == [1] * 20


def test_one_release_moves_an_issue_once_though_github_sends_three_deliveries(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    statuses = [
        daemon.deliver(daemon.release("Ships SOC-2", action=action, release_id=77)).status
        for action in ("created", "published", "released", "published")
    ]
    assert statuses == [202, 200, 202, 200]
    wait_until(lambda: len(daemon.shown("SOC-2").get("history", [])) == 2, "two decisions are not there")
    assert [h["verdict"] for h in daemon.shown("SOC-2")["history"]] == ["repeated", "moved"]
    assert (jira.status("SOC-2"), jira.moves("SOC-2")) == ("In Progress", 1)


def test_the_same_signed_content_is_not_decided_twice_under_another_delivery_id(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    signed = daemon.release("Ships SOC-3")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: jira.status("SOC-3") == "In Progress", "SOC-3 did not move")
    for delivery_id in ("0aa94ef2-0001-11ef-8000-000000000000", signed.headers["X-GitHub-Delivery"]):
        again = daemon.call(
            "POST", daemon.uri, signed.body, {**signed.headers, "X-GitHub-Delivery": delivery_id}
        )
        assert again.status == 200
    time.sleep(0.3)
    assert jira.moves("SOC-3") == 1
    listed = json.loads(daemon.cli("deliveries", "--verdict", "duplicate", "--json").stdout)
    assert len(listed) == 2


def test_events_of_one_entity_run_in_the_order_received(daemon: DaemonProcess, jira: PracticeJira) -> None:
    for _ in range(3):
        assert daemon.deliver(daemon.release("Ships SOC-4")).status == 200
    wait_until(lambda: len(daemon.shown("SOC-4").get("history", [])) == 3, "three decisions are not there")
    assert [h["verdict"] for h in daemon.shown("SOC-4")["history"]] == ["ended", "moved", "moved"]
    assert (jira.status("SOC-4"), jira.moves("SOC-4")) == ("Done", 2)


def test_drift_somebody_moved_the_issue_meanwhile(daemon: DaemonProcess, jira: PracticeJira) -> None:
    assert daemon.deliver(daemon.release("Ships SOC-5")).status == 200
    wait_until(
        lambda: not _pending(daemon, "SOC-5") and jira.status("SOC-5") == "In Progress", "SOC-5 did not move"
    )
    jira.world.move("SOC-5", "To Do")
    assert daemon.deliver(daemon.release("Ships SOC-5 again")).status == 200
    wait_until(lambda: len(daemon.shown("SOC-5")["history"]) == 2, "the second decision is not there")
    newest = daemon.shown("SOC-5")["history"][0]
    assert (newest["before"], newest["after"], newest["trace"]["drift_from"]) == (
        "to_do",
        "in_progress",
        "in_progress",
    )


def test_a_delivery_without_effect_is_recorded_with_its_reason(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    for notes in ("Nothing in particular", "ABC-1 is no project of ours", None):
        assert daemon.deliver(daemon.release(notes)).status == 202  # type: ignore[arg-type]
    listed = json.loads(daemon.cli("deliveries", "--json").stdout)
    assert [d["verdict"] for d in listed] == ["ignored"] * 3
    assert all(d["reason"] for d in listed)
    assert "ABC-1" in listed[1]["reason"]


def _pending(daemon: DaemonProcess, entity: str) -> bool:
    page = daemon.shown(entity)
    return not page or any(e["status"] not in {"done", "dead"} for e in page["events"])


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/conduit/ping", "/conduit/version", "/conduit-reactor/ping"]
)
def test_probes_answer(daemon: DaemonProcess, path: str) -> None:
    answer = daemon.call("GET", path)
    assert answer.status == 200
    assert answer.body.strip() in {b"alive", b"ready", b"pong", b"3"}
