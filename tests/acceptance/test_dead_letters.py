"""Dead letters through the real command line, beside a running daemon."""

import json
from collections.abc import Callable
from typing import Any

from tests.acceptance.test_trouble import _status
from tests.harness.daemon import ROOT, DaemonProcess, PracticeJira, wait_until


def _letters(daemon: DaemonProcess, *arguments: str) -> list[dict[str, Any]]:
    found = json.loads(daemon.cli("deadletters", "list", "--json", *arguments).stdout)
    assert isinstance(found, list)
    return found


def _kill_event(daemon: DaemonProcess, jira: PracticeJira, key: str) -> None:
    jira.world.trouble.next("forbidden", on="transition", issue=key)
    assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    wait_until(lambda: _status(daemon, key) == "dead", f"{key} is no dead letter")


def test_a_running_daemon_takes_up_what_is_put_back(daemon: DaemonProcess, jira: PracticeJira) -> None:
    _kill_event(daemon, jira, "SOC-1")
    (letter,) = _letters(daemon)
    assert (letter["kind"], letter["entity"], letter["attempts"]) == ("event", "SOC-1", 1)
    assert "You do not have permission" in letter["because"]
    planned = daemon.cli("deadletters", "retry", letter["name"])
    assert (planned.returncode, b"Nothing was changed" in planned.stdout) == (0, True)
    assert _status(daemon, "SOC-1") == "dead"
    assert daemon.cli("deadletters", "retry", letter["name"], "--yes").returncode == 0
    wait_until(lambda: _status(daemon, "SOC-1") == "done", "the daemon did not notice")
    assert (jira.status("SOC-1"), jira.moves("SOC-1")) == ("In Progress", 1)
    assert _letters(daemon) == []
    again = daemon.cli("deadletters", "retry", letter["name"], "--yes")
    assert (again.returncode, again.stdout) == (1, b"There is no such dead letter.\n")


def test_without_a_daemon_the_next_one_takes_it_up(daemon: DaemonProcess, jira: PracticeJira) -> None:
    _kill_event(daemon, jira, "SOC-2")
    _kill_event(daemon, jira, "SOC-3")
    short = daemon.cli("deadletters", "list", "--limit", "1")
    assert (b"SOC-2" in short.stdout, b"SOC-3" in short.stdout) == (True, False)
    assert b"more than these 1: --limit shows more" in short.stderr
    assert daemon.cli("deadletters", "list", "--limit", "2").stderr == b""
    daemon.kill()
    assert daemon.cli("deadletters", "retry", "--all", "--yes").returncode == 0
    daemon.start()
    wait_until(lambda: _status(daemon, "SOC-2") == "done", "it was not taken up")
    assert jira.moves("SOC-2") == 1


def test_what_was_delivered_again_is_no_dead_letter_any_more(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    jira.world.trouble.next("forbidden", on="transition", issue="SOC-3")
    signed = daemon.release("Ships SOC-3")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: _status(daemon, "SOC-3") == "dead", "SOC-3 is no dead letter")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: _status(daemon, "SOC-3") == "done", "the redelivery did not run")
    assert _letters(daemon) == []


def test_a_redelivery_after_a_retry_is_a_duplicate(daemon: DaemonProcess, jira: PracticeJira) -> None:
    jira.world.trouble.next("forbidden", on="transition", issue="SOC-4")
    signed = daemon.release("Ships SOC-4")
    assert daemon.deliver(signed).status == 200
    wait_until(lambda: _status(daemon, "SOC-4") == "dead", "SOC-4 is no dead letter")
    assert daemon.cli("deadletters", "retry", "--entity", "soc-4", "--yes").returncode == 0
    wait_until(lambda: _status(daemon, "SOC-4") == "done", "it was not taken up")
    assert daemon.deliver(signed).status == 200
    assert json.loads(daemon.cli("deliveries", "--json").stdout)[0]["verdict"] == "duplicate"
    assert jira.moves("SOC-4") == 1


def test_dropping_settles_and_filters_choose(daemon: DaemonProcess, jira: PracticeJira) -> None:
    for key in ("SOC-5", "SOC-6", "DEVHOP-1"):
        _kill_event(daemon, jira, key)
    assert [r["entity"] for r in _letters(daemon, "--project", "devhop")] == ["DEVHOP-1"]
    assert _letters(daemon, "--older-than", "1h") == []
    refused = daemon.cli("deadletters", "drop", "--yes")
    assert (refused.returncode, b"say which dead letters" in refused.stderr) == (1, True)
    assert daemon.cli("deadletters", "drop", "--project", "soc", "--yes").returncode == 0
    assert [r["entity"] for r in _letters(daemon)] == ["DEVHOP-1"]
    assert _status(daemon, "SOC-5") == "dropped"
    shown = json.loads(daemon.cli("deadletters", "show", _letters(daemon)[0]["name"], "--json").stdout)
    assert [a["outcome"] for a in shown["effects"][0]["attempts"]] == ["refused"]


ACTION = """transition = "in_progress"
      action "http" "tell" {
        url  = "CHAT/rest/api/3/nothing-of-the-kind"
        body = { text = entity.id }
      }"""
MACHINE = (ROOT / "statemachines/jira.hcl").read_text().replace('transition = "in_progress"', ACTION)


def test_an_action_is_put_back_with_its_key_and_asked_about_first(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon(machines=MACHINE.replace("CHAT", jira.url)).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-7")).status == 200
    wait_until(lambda: _letters(daemon), "the action is no dead letter")
    (letter,) = _letters(daemon)
    assert (letter["kind"], letter["action"], letter["worker"]) == ("action", "tell", "http")
    assert _status(daemon, "SOC-7") == "done"
    assert daemon.cli("deadletters", "retry", "--all", "--yes").returncode == 0
    wait_until(lambda: [r["attempts"] for r in _letters(daemon)] == [2], "it was not tried again")
    calls = [line for line in daemon.lines() if line["event"] == "effect.calling" and line["name"] == "tell"]
    assert [(c["attempt"], c["read_back"]) for c in calls] == [(1, True), (2, True)]
    keys = {e["idempotency_key"] for e in daemon.shown("SOC-7")["effects"] if e["name"] == "tell"}
    assert len(keys) == 1
    assert jira.moves("SOC-7") == 1
