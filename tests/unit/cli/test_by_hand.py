"""Stepping by hand: what is offered, what happens, what can be said wrong."""

import pytest

from engine.cli.by_hand import step_by_hand
from engine.decide.run_test import run_test
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition
from engine.machine.read import read_definition
from engine.model import Snapshot

SOURCE = """
provisioner "dev" {
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "merged" {
        when       = event.base == "main"
        set        = { by = event.user.login }
        transition = "done"
      }
      after {
        delay      = "72h"
        transition = "stale"
      }
    }
    state "stale" {
      on "revive" { transition = "open" }
      after {
        delay      = "1h"
        transition = "done"
      }
    }
    state "done" { final = true }
  }
  TEST
}
"""


def definition(block: str = "") -> Definition:
    found = read_definition(SOURCE.replace("TEST", block), "dev.hcl")
    assert found.definition is not None, found.diagnostics
    return found.definition


def said(*answers: str, start: Snapshot | None = None) -> str:
    """All that is shown where these answers are given, and then the input ends."""
    read = definition()
    shown: list[str] = []
    left = list(answers)

    def ask(_: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    step_by_hand(read.provisioners["dev"], compile_definition(read)["dev"], start, ask, shown.append)
    assert not left, "it ended before everything was said"
    return "\n".join(shown)


def test_it_offers_what_can_happen_with_a_payload_that_makes_it_happen() -> None:
    shown = said()
    assert 'dev is in "open"' in shown
    assert '1) "merged" with event.base = "main", event.user.login = "some login" -> "done"' in shown
    assert '+) "after.open.1" in 72h' in shown


def test_a_field_of_the_payload_can_be_changed() -> None:
    assert 'context {"by":"ada"}' in said("1 user.login=ada")
    assert 'context {"by":"ada b"}' in said('1 event.user.login="ada b"')
    assert "no_guard_held" in said("1 base=wip")
    assert 'by":{"n":[1]}' in said('1 user.login={"n":[1]}')


def test_any_event_can_be_sent() -> None:
    assert 'context {"by":"eve"}' in said('send merged {"base": "main", "user": {"login": "eve"}}')
    assert "event_not_registered_for_state" in said("send nonsense")


def test_time_passes_as_far_as_it_is_told_to() -> None:
    shown = said("+71h", "+90m", "s")
    assert '72h after the start: "after.open.1" runs out' in shown
    assert 'state   "stale"' in shown
    assert "clock   2024-01-04T00:30:00Z" in shown
    assert '+) "after.stale.1" in 30m' in shown


def test_to_the_next_timer() -> None:
    shown = said("+", "+")
    assert 'dev is in "stale", 72h after the start' in shown
    assert 'dev is in "done", 73h after the start' in shown


def test_steps_are_undone_with_their_time() -> None:
    shown = said("+", "1", "u", "u", "s")
    assert shown.endswith("clock   2024-01-01T00:00:00Z")
    assert 'state   "open"' in shown
    assert "nothing happened yet" in said("u")


def test_it_starts_where_it_is_told_to() -> None:
    shown = said(start=Snapshot(state="stale", context={"by": "ada"}))
    assert 'dev is in "stale", context {"by":"ada"}' in shown
    assert '+) "after.stale.1" in 1h' in shown


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("7", "'7' is none of the choices"),
        ("0", "'0' is none of the choices"),
        ("x", "'x' is none of the choices"),
        ("+soon", 'the time is not a duration such as "72h"'),
        ("+-1h", "the time is not a duration"),
        ("1 base", "'base' changes nothing"),
        ("send", "send which event?"),
        ("send merged [1]", "is no JSON object"),
        ("?", "undo the last step"),
        ("", "undo the last step"),
    ],
)
def test_what_cannot_be_meant_is_said_and_changes_nothing(answer: str, told: str) -> None:
    shown = said(answer, "s")
    assert told in shown
    assert 'state   "open"' in shown


def test_without_timers_the_next_one_cannot_be_waited_for() -> None:
    assert "no timer is set: say how long" in said("1", "+")
    assert "nothing moves it from here" in said("1")


def test_the_way_is_printed_as_a_test_that_passes() -> None:
    shown = said("+1h", "1 base=wip", "+71h", "1", "+72h", "send revive", '1 user.login="it\'s"', "t")
    block = "test " + shown.partition("\ntest ")[2]
    read = definition(block)
    [test] = read.provisioners["dev"].tests
    result = run_test(compile_definition(read)["dev"], test)
    assert result.passed, (block, result.mismatches)
    assert [one.event.name for one in result.decided] == [
        "merged",
        "after.open.1",
        "revive",
        "after.open.1",
        "revive",
        "merged",
    ]


def test_ctrl_c_ends_it() -> None:
    read = definition()

    def ask(_: str) -> str:
        raise KeyboardInterrupt

    step_by_hand(read.provisioners["dev"], compile_definition(read)["dev"], None, ask, lambda _: None)
