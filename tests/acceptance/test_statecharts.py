"""Timers, late events and failed effects, through the real daemon and a practice Jira."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

MACHINE = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  receive "github" "release" {
    when       = event.action == "published"
    entity     = issue_keys(event.release.body)
    ordered_by = event.release.id
    fire       = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      %(action)s
    }
    state "in_progress" {
      on "next" { transition = "to_do" }
      after {
        delay      = %(delay)s
        transition = "done"
      }
    }
    state "stuck" { alias = null }
    state "done" {}
    state "*" "effect.failed" {
      transition = "stuck"
      set        = { because = event.reason, wanted = event.target }
    }
  }
}
"""
WORKERS = "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc]\n"


@pytest.fixture
def start(make_daemon: Callable[..., DaemonProcess]) -> Callable[..., DaemonProcess]:
    def make(delay: str = '"1h"', action: str = "") -> DaemonProcess:
        daemon = make_daemon(machines=MACHINE % {"delay": delay, "action": action}, workers=WORKERS).start()
        daemon.register()
        return daemon

    return make


def test_a_timer_moves_the_issue_when_it_has_run_out(
    start: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = start(delay='"3s"')
    assert daemon.deliver(daemon.release("Ships SOC-1")).status == 200
    wait_until(lambda: jira.status("SOC-1") == "Done", "the timer did not fire")
    page = wait_until(lambda: _finished(daemon, "SOC-1", 2), "the timer's event is not finished")
    assert page["timers"] == []
    assert [h["event"] for h in page["history"]] == ["after.in_progress.1", "next"]
    facts = page["history"][0]["facts"]
    assert facts["event"]["payload"] == {"due": facts["snapshot"]["timers"]["after.in_progress.1"]}
    assert jira.moves("SOC-1") == 2
    _decides_the_same_again(daemon)
    picture = daemon.cli("graph", "statemachines/jira.hcl", "--entity", "SOC-1", "--format", "table").stdout
    gone = [line.split()[1:4] for line in picture.decode().splitlines() if line.startswith("*")]
    assert gone == [["to_do", "/", "To"], ["in_progress", "/", "In"]]


RAISING = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  receive "github" "release" {
    when   = event.action == "published"
    entity = issue_keys(event.release.body)
    fire   = "release.${event.action}"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "release.*" {
      raise "begin" {}
      raise "finish" {
        delay = "3s"
        event = { release = event.release.id }
      }
    }
    state "to_do" "begin" { transition = "in_progress" }
    state "in_progress" {}
    state "done" {}
    state "*" "finish" {
      transition = "done"
      set        = { release = event.release, by = fired }
    }
  }
}
"""


def test_raised_events_move_the_issue_at_once_and_after_a_kill_in_between(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon(machines=RAISING, workers=WORKERS).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-1", release_id=77)).status == 200
    wait_until(lambda: jira.status("SOC-1") == "In Progress", "Jira was not called")
    daemon.kill()
    daemon.start()
    wait_until(lambda: jira.status("SOC-1") == "Done", "the delayed event did not come")
    page = wait_until(lambda: _finished(daemon, "SOC-1", 2), "the event is not finished")
    assert (page["timers"], page["context"]) == ([], {"release": 77, "by": "finish"})
    assert [h["event"] for h in page["history"]] == ["after.<finish>", "release.published"]
    assert jira.moves("SOC-1") == 2
    _decides_the_same_again(daemon)


def test_timers_survive_a_kill_and_fire_once(start: Callable[..., DaemonProcess], jira: PracticeJira) -> None:
    daemon = start(delay='"3s"')
    keys = [f"SOC-{n}" for n in range(1, 6)]
    assert daemon.deliver(daemon.release(f"Ships {' '.join(keys)}")).status == 200
    wait_until(lambda: all(jira.status(k) == "In Progress" for k in keys), "Jira was not called")
    daemon.kill()
    daemon.start()
    wait_until(lambda: any(jira.status(k) == "Done" for k in keys), "no timer fired")
    daemon.kill()
    daemon.start()
    wait_until(lambda: all(jira.status(k) == "Done" for k in keys), "a timer was lost")
    wait_until(lambda: all(_finished(daemon, k, 2) for k in keys), "an event is not finished")
    assert [jira.moves(k) for k in keys] == [2] * 5


def test_a_timer_is_cancelled_with_its_state(start: Callable[..., DaemonProcess], jira: PracticeJira) -> None:
    daemon = start()
    for _ in range(2):
        assert daemon.deliver(daemon.release("Ships SOC-2")).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-2", 2), "it is not finished")
    assert (page["state"], page["timers"], jira.moves("SOC-2")) == ("to_do", [], 2)


def test_somebody_who_moves_the_issue_by_hand_sets_and_cancels_timers(
    start: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = start()
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-3", 1), "it is not finished")
    assert [t["event"] for t in page["timers"]] == ["after.in_progress.1"]
    assert b"Pending timers" in daemon.cli("show", "SOC-3").stdout
    jira.world.move("SOC-3", "Done")
    assert daemon.deliver(daemon.release("Ships SOC-3")).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-3", 2), "it is not finished")
    assert (page["state"], page["timers"]) == ("done", [])
    assert page["history"][0]["trace"]["drift_from"] == "in_progress"


def test_an_older_event_is_late_and_moves_nothing(
    start: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = start()
    for number in (9, 5, 10):
        assert daemon.deliver(daemon.release("Ships SOC-4", release_id=number)).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-4", 3), "it is not finished")
    assert [h["verdict"] for h in page["history"]] == ["moved", "late", "moved"]
    assert jira.moves("SOC-4") == 2


def test_a_transition_call_that_is_given_up_is_an_event(
    start: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = start()
    jira.world.revoke("TRANSITION_ISSUES", "SOC")
    assert daemon.deliver(daemon.release("Ships SOC-5")).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-5", 2), "it is not finished")
    assert (page["state"], page["context"]["wanted"]) == ("stuck", "in_progress")
    assert "Transition issues" in page["context"]["because"]
    assert [(h["event"], h["verdict"]) for h in page["history"]] == [
        ("effect.failed", "moved"),
        ("next", "moved"),
    ]
    assert daemon.cli("deadletters", "show", "event-1").returncode == 0
    _decides_the_same_again(daemon)


@dataclass
class Sink:
    url: str
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """An HTTP server that knows nothing but ``/mail``."""
    found = Sink("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.paths.append(self.path)
            self.send_response(200 if self.path == "/mail" else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_takes_the_place_of_a_failed_action_is_called(
    start: Callable[..., DaemonProcess], jira: PracticeJira, sink: Sink
) -> None:
    daemon = start(
        action=f'action "http" "tell" {{\nurl = "{sink.url}/tell"\n'
        f'on_failure {{\naction "http" "mail" {{ url = "{sink.url}/mail" }}\n}}\n}}'
    )
    assert daemon.deliver(daemon.release("Ships SOC-6")).status == 200
    page = wait_until(lambda: _finished(daemon, "SOC-6", 1), "it is not finished")
    assert sink.paths == ["/tell", "/mail"]
    assert sorted((e["name"], e["status"]) for e in page["effects"]) == [
        ("in_progress", "done"),
        ("mail", "done"),
        ("tell", "dead"),
    ]
    assert jira.moves("SOC-6") == 1
    _decides_the_same_again(daemon)


def _decides_the_same_again(daemon: DaemonProcess) -> None:
    verified = daemon.cli("verify")
    assert verified.returncode == 0, verified.stdout


def _finished(daemon: DaemonProcess, key: str, events: int) -> dict[str, Any] | None:
    """What is shown of the entity, when that many events are finished."""
    page = daemon.shown(key)
    ended = [e for e in page.get("events", ()) if e["status"] in {"done", "dead"}]
    return page if len(ended) >= events and len(ended) == len(page["events"]) else None
