"""A person approves: through the real daemon and a practice Jira, by API and command line, and under SIGKILL."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness.daemon import DaemonProcess, PracticeJira, wait_until

MACHINE = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  receive "github" "release" {
    when   = event.action == "published"
    entity = issue_keys(event.release.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "in_progress"
      set        = { author = event.release.author.login }
    }
    state "in_progress" {
      await {
        from = ["ada", "grace", "octocat"]
        answer "approve" {
          needs      = 2
          when       = event.who != "octocat"
          transition = "done"
          set        = { approved_by = event.answers[*].who, why = event.comment }
        }
        answer "reject" { transition = "to_do" }
      }
      after {
        delay      = "72h"
        transition = "to_do"
      }
    }
    state "done" {}
  }
}
"""
WORKERS = "workers:\n  atlassian:\n    statefile: jira.hcl\n    projects: [soc]\n"


@pytest.fixture
def daemon(make_daemon: Callable[..., DaemonProcess]) -> DaemonProcess:
    started = make_daemon(machines=MACHINE, workers=WORKERS).start()
    started.register()
    return started


def asked(daemon: DaemonProcess, key: str) -> dict[str, Any]:
    """Bring an entity to where it asks, and say what."""
    assert daemon.deliver(daemon.release(f"Ships {key}")).status == 200
    return dict(wait_until(lambda: found(daemon, key), "nobody is asked")[0])


def found(daemon: DaemonProcess, key: str) -> list[dict[str, Any]]:
    answer = daemon.call("GET", f"/approvals/find?entity={key}")
    listed: list[dict[str, Any]] = answer.json()["data"] if answer.status == 200 else []
    return listed


def post(daemon: DaemonProcess, key: str, who: str, choice: str = "approve", **more: Any) -> Any:
    answer = daemon.call_json(
        "POST", "/approvals/answer", {"entity": key, "who": who, "choice": choice, **more}
    )
    assert answer.status == 202, answer
    return answer.json()["data"]


def decided(daemon: DaemonProcess, number: int) -> tuple[str, str]:
    def look() -> Any:
        data = daemon.call("GET", f"/approvals/answer?number={number}").json()["data"]
        return data if data["verdict"] else None

    data = wait_until(look, "the answer is not decided")
    return data["verdict"], data["because"]


def give(daemon: DaemonProcess, *words: str) -> tuple[int, dict[str, Any]]:
    run = daemon.cli("approvals", *words, "--json")
    return run.returncode, json.loads(run.stdout)


def test_two_people_approve_and_the_issue_is_done(daemon: DaemonProcess, jira: PracticeJira) -> None:
    approval = asked(daemon, "SOC-1")
    assert approval["from"] == ["ada", "grace", "octocat"]
    assert approval["choices"] == {"approve": 2, "reject": 1}
    assert approval["until"] > approval["since"]
    page = daemon.shown("SOC-1")
    assert [a["state"] for a in page["approvals"]] == ["in_progress"]
    assert b"Awaited" in daemon.cli("show", "SOC-1").stdout

    assert decided(daemon, post(daemon, "SOC-1", "mallory")["number"])[0] == "not_allowed"
    assert decided(daemon, post(daemon, "SOC-1", "octocat")["number"])[0] == "no_guard_held"
    verdict, because = decided(daemon, post(daemon, "SOC-1", "ada", comment="fine")["number"])
    assert verdict == "counted"
    assert "1 of 2" in because
    assert found(daemon, "SOC-1")[0]["answers"][0]["who"] == "ada"
    last = post(daemon, "SOC-1", "grace", comment="ship it")
    assert decided(daemon, last["number"])[0] == "moved"
    wait_until(lambda: jira.status("SOC-1") == "Done", "Jira was not called")

    assert decided(daemon, post(daemon, "SOC-1", "ada", "reject")["number"])[0] == "not_awaited"
    assert daemon.call("GET", "/approvals/find?entity=SOC-1").status == 404
    page = wait_until(lambda: _settled(daemon, "SOC-1"), "not all is finished")
    assert page["context"]["approved_by"] == ["ada", "grace"]
    assert page["context"]["why"] == "ship it"
    assert page["approvals"] == []
    assert [h["verdict"] for h in page["history"]][::-1] == [
        "moved", "not_allowed", "no_guard_held", "counted", "moved", "not_awaited",
    ]  # fmt: skip
    payload = page["history"][1]["facts"]["event"]["payload"]
    assert (payload["who"], payload["choice"], payload["comment"]) == ("grace", "approve", "ship it")
    assert jira.moves("SOC-1") == 2
    lines = {line["event"]: line for line in daemon.lines()}
    assert lines["approval.opened"]["choices"] == ["approve", "reject"]
    assert lines["approval.closed"]["by"] == "await.in_progress.approve"
    assert lines["approval.answered"]["verdict"] == "not_awaited"
    assert daemon.cli("verify").returncode == 0


def test_the_same_answer_twice_is_one(daemon: DaemonProcess) -> None:
    asked(daemon, "SOC-2")
    first = post(daemon, "SOC-2", "ada", comment="yes")
    again = post(daemon, "SOC-2", "ada", comment="yes")
    assert (first["duplicate"], again["duplicate"], again["number"]) == (False, True, first["number"])
    other = post(daemon, "SOC-2", "ada", comment="still yes")
    assert decided(daemon, other["number"])[0] == "repeated"
    assert found(daemon, "SOC-2")[0]["answers"] != []
    # Somebody may think again; what was said last counts.
    assert decided(daemon, post(daemon, "SOC-2", "ada", "reject")["number"])[0] == "moved"


def test_an_answer_to_what_was_asked_before_does_not_count_for_what_is_asked_now(
    daemon: DaemonProcess,
) -> None:
    first = asked(daemon, "SOC-3")
    assert decided(daemon, post(daemon, "SOC-3", "grace", "reject")["number"])[0] == "moved"
    wait_until(lambda: daemon.shown("SOC-3")["state"] == "to_do", "it was not rejected")
    second = asked(daemon, "SOC-3")
    assert second["opened"] > first["opened"]
    late = post(daemon, "SOC-3", "ada", opened=first["opened"])
    verdict, because = decided(daemon, late["number"])
    assert verdict == "not_awaited"
    assert f"since version {first['opened']}" in because
    assert decided(daemon, post(daemon, "SOC-3", "ada", opened=second["opened"])["number"])[0] == "counted"


def test_the_command_line_answers_beside_the_daemon_and_by_api(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    asked(daemon, "SOC-4")
    assert b"SOC-4" in daemon.cli("approvals", "list").stdout
    status, told = give(daemon, "approve", "SOC-4", "--as", "mallory")
    assert (status, told["verdict"]) == (1, "not_allowed")
    status, told = give(daemon, "approve", "soc-4", "--as", "ada", "--comment", "looks right")
    assert (status, told["verdict"]) == (0, "counted")
    url = f"http://127.0.0.1:{daemon.port}"
    for more in ([], ["--daemon", url]):
        shown = json.loads(daemon.cli("approvals", "show", "soc-4", "--json", *more).stdout)
        assert [(a["entity"], [v["who"] for v in a["answers"]]) for a in shown] == [("SOC-4", ["ada"])]
    status, told = give(daemon, "answer", "SOC-4", "approve", "--as", "grace", "--daemon", url)
    assert (status, told["verdict"]) == (0, "moved")
    wait_until(lambda: jira.status("SOC-4") == "Done", "Jira was not called")
    assert daemon.cli("approvals", "list", "--daemon", url).stdout == b"Nobody is asked anything.\n"
    assert daemon.cli("approvals", "show", "SOC-4").returncode == 1
    wrong = daemon.cli("approvals", "answer", "SOC-4", "a.b", "--as", "ada")
    assert (wrong.returncode, b"Traceback" in wrong.stderr) == (1, False)


def test_without_a_daemon_an_answer_is_kept_and_decided_at_the_next_start(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    asked(daemon, "SOC-5")
    daemon.terminate()
    status, told = give(daemon, "reject", "SOC-5", "--as", "ada", "--wait", "0s")
    assert (status, told["verdict"]) == (0, None)
    daemon.start()
    wait_until(lambda: jira.status("SOC-5") == "To Do", "the answer was lost")


def test_an_answer_behind_a_call_that_is_tried_again_says_what_it_waits_for(
    make_daemon: Callable[..., DaemonProcess],
) -> None:
    machine = MACHINE.replace(
        "set        = { author = event.release.author.login }",
        "set        = { author = event.release.author.login }\n"
        'action "http" "announce" { url = "http://127.0.0.1:9/hooks" }',
    )
    daemon = make_daemon(machines=machine, workers=WORKERS).start()
    daemon.register()
    asked(daemon, "SOC-16")
    said = daemon.cli("approvals", "reject", "SOC-16", "--as", "mallory", "--wait", "0s")
    assert said.returncode == 0
    assert b"not decided yet" in said.stdout
    assert b"First, action announce" in said.stdout


def test_killed_between_accepting_an_answer_and_deciding_it_nothing_is_lost_or_done_twice(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    asked(daemon, "SOC-6")
    wait_until(lambda: _settled(daemon, "SOC-6"), "the first event is not finished")
    jira.world.trouble.next(
        "request_hangs", on="issue"
    )  # before the decision Jira is asked where the issue is
    accepted = post(daemon, "SOC-6", "ada", "reject")
    wait_until(lambda: not jira.world.trouble.waiting(), "Jira was not asked")
    assert (
        daemon.call("GET", f"/approvals/answer?number={accepted['number']}").json()["data"]["verdict"] is None
    )
    daemon.kill()
    daemon.start()
    assert decided(daemon, accepted["number"])[0] == "moved"
    wait_until(lambda: jira.status("SOC-6") == "To Do", "the answer was lost")
    page = wait_until(lambda: _settled(daemon, "SOC-6"), "not all is finished")
    assert [h["event"] for h in page["history"]] == ["await.in_progress.reject", "next"]
    assert jira.moves("SOC-6") == 2
    # A caller that did not hear of it sends the same again.
    again = post(daemon, "SOC-6", "ada", "reject", state="in_progress", opened=1)
    assert (again["duplicate"], again["number"]) == (True, accepted["number"])
    assert daemon.cli("verify").returncode == 0


def test_killed_again_and_again_while_people_answer(daemon: DaemonProcess, jira: PracticeJira) -> None:
    keys = [f"SOC-{n}" for n in range(7, 10)]
    for key in keys:
        asked(daemon, key)
    numbers: list[int] = []
    for key in keys:
        numbers += [post(daemon, key, who)["number"] for who in ("ada", "grace")]
        daemon.kill()
        daemon.start()
    assert [decided(daemon, n)[0] for n in numbers] == ["counted", "moved"] * len(keys)
    wait_until(lambda: all(jira.status(k) == "Done" for k in keys), "an answer was lost")
    wait_until(lambda: all(_settled(daemon, k) for k in keys), "not all is finished")
    assert [jira.moves(k) for k in keys] == [2] * len(keys)


def test_somebody_who_moves_the_issue_by_hand_closes_what_was_asked(
    daemon: DaemonProcess, jira: PracticeJira
) -> None:
    asked(daemon, "SOC-13")
    wait_until(lambda: _settled(daemon, "SOC-13"), "it is not finished")
    jira.world.move("SOC-13", "Done")
    verdict, because = decided(daemon, post(daemon, "SOC-13", "ada")["number"])
    assert verdict == "not_awaited"
    assert '"done"' in because
    assert found(daemon, "SOC-13") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"entity": "SOC-99", "who": "ada", "choice": "approve"}, 404),
        ({"entity": "SOC-14", "who": "ada", "choice": "aprove"}, 400),
        ({"entity": "SOC-14", "who": " ", "choice": "approve"}, 400),
        ({"entity": "SOC-14", "who": "a\nb", "choice": "approve"}, 400),
        ({"entity": "SOC-14", "who": "ada", "choice": ""}, 400),
        ({"entity": "SOC-14", "who": "ada", "choice": "approve", "comment": "x" * 10_001}, 400),
        ({"entity": "SOC-14", "who": "ada", "choice": "approve", "comment": "x" * 100_000}, 400),
        ({"entity": "SOC-14", "who": "ada", "choice": "approve", "opened": "now"}, 400),
        ({"entity": "SOC-14", "who": "ada"}, 400),
        ([], 400),
    ],
)
def test_what_is_no_answer_is_refused_and_not_recorded(daemon: DaemonProcess, body: Any, status: int) -> None:
    asked(daemon, "SOC-14")
    answer = daemon.call_json("POST", "/approvals/answer", body)
    assert answer.status == status, answer
    assert answer.json()["success"] is False
    assert answer.json()["detail"]
    assert len(daemon.shown("SOC-14")["events"]) == 1


def test_the_routes_are_guarded_like_other_management_routes(
    make_daemon: Callable[..., DaemonProcess],
) -> None:
    daemon = make_daemon(machines=MACHINE, workers=WORKERS, INTERLOCK_TOKEN="s3cret-token").start()
    body = {"entity": "SOC-1", "who": "ada", "choice": "approve"}
    assert daemon.call("GET", "/approvals/list").status == 401
    assert daemon.call_json("POST", "/approvals/answer", body).status == 401
    given = {"authorization": "Bearer s3cret-token"}
    assert daemon.call("GET", "/approvals/list", headers=given).json() == {"success": True, "data": []}
    assert daemon.call_json("POST", "/approvals/answer", body, **given).status == 404
    listed = daemon.cli("approvals", "list", "--daemon", f"http://127.0.0.1:{daemon.port}")
    assert listed.stdout == b"Nobody is asked anything.\n"


def _settled(daemon: DaemonProcess, key: str) -> dict[str, Any] | None:
    page = daemon.shown(key)
    events = page.get("events", [])
    return page if events and all(e["status"] == "done" for e in events) else None


def test_an_approval_that_nobody_gives_times_out(
    make_daemon: Callable[..., DaemonProcess], jira: PracticeJira
) -> None:
    daemon = make_daemon(machines=MACHINE.replace('"72h"', '"2s"'), workers=WORKERS).start()
    daemon.register()
    approval = asked(daemon, "SOC-15")
    wait_until(lambda: jira.status("SOC-15") == "To Do", "it did not time out")
    assert (
        decided(
            daemon, post(daemon, "SOC-15", "ada", opened=approval["opened"], state="in_progress")["number"]
        )[0]
        == "not_awaited"
    )


def test_timers_that_hardly_wait_are_parked(make_daemon: Callable[..., DaemonProcess]) -> None:
    loop = MACHINE.replace('"72h"', "0").replace(
        'state "done" {}',
        'state "done" {}\nstate "again" {\nalias = null\nafter {\ndelay = 0\ntransition = "other"\n}\n}\n'
        'state "other" {\nalias = null\nafter {\ndelay = "1ms"\ntransition = "again"\n}\n}',
    )
    daemon = make_daemon(
        machines=loop.replace(
            'delay      = 0\n        transition = "to_do"', 'delay      = 0\n        transition = "again"'
        ),
        workers=WORKERS,
    ).start()
    daemon.register()
    assert daemon.deliver(daemon.release("Ships SOC-16")).status == 200

    def parked() -> Any:
        history = daemon.shown("SOC-16").get("history")
        return history and history[0]["verdict"] == "endless_loop" and history

    history = wait_until(parked, "the loop goes on")
    assert history[0]["version"] == 102
    time.sleep(0.5)
    assert daemon.shown("SOC-16")["version"] == 102
    assert daemon.shown("SOC-16")["timers"] == []
