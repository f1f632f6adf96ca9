"""Who holds the state, where states are nested and time passes: drift, arrival, late events, replay."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.decide.decide import Decision, decide, decide_again
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.order import is_older
from engine.machine.read import read_definition
from engine.machine.timers import timer_event
from engine.machine.values import timestamp
from engine.model import Entity, Event, Observation, Outcome, Snapshot, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="soc", id="SOC-1")
SOURCE = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { open: "Open", review: "Review", gone: "Gone" }
  }
  statemachine "soc" {
    initial = "open"
    state "open" {
      on "next" { transition = "review" }
      after {
        delay      = "1h"
        transition = "gone"
      }
    }
    state "review" {
      initial = "wait"
      on_enter {
        action "http" "welcome" {}
      }
      after {
        delay      = "2h"
        transition = "gone"
      }
      on "back" { transition = "open" }
      state "wait" "next" { transition = "read" }
      state "read" "next" { transition = "wait" }
    }
    state "gone" {}
  }
}
"""
REVIEW = {"after.review.1": timestamp(NOW + timedelta(hours=2))}
OPEN = {"after.open.1": timestamp(NOW + timedelta(hours=1))}


@pytest.fixture(scope="module")
def soc() -> CompiledProvisioner:
    definition = read_definition(SOURCE, "soc.hcl").definition
    assert definition is not None
    return compile_definition(definition)["soc"]


def event(name: str, ordered: Any = None) -> Event:
    text = None if ordered is None else json.dumps(ordered)
    return Event(name=name, entity=ENTITY, receive="github.push", payload={}, ordered=text)


def seen(status: str | None) -> Observation:
    return Observation(outcome=Outcome.DONE if status else Outcome.REFUSED, status=status)


def decided(
    soc: CompiledProvisioner,
    instance: Snapshot | None,
    what: Event,
    status: str | None = None,
    *,
    observes: bool = True,
) -> Decision:
    """The decision, which its facts must repeat."""
    observed = seen(status) if observes else None
    found = decide(soc, instance, what, NOW, observed=observed, repeated=False)
    assert decide_again(soc, json.loads(json.dumps(found.facts)), what.payload) == found
    return found


def test_a_new_instance_is_put_where_the_backend_shows_it_with_timers_and_without_actions(
    soc: CompiledProvisioner,
) -> None:
    step = decided(soc, None, event("unknown"), "Review").step
    assert (step.snapshot.state, step.snapshot.timers, step.armed) == ("review.wait", REVIEW, REVIEW)
    assert step.effects == ()
    assert step.trace.drift_from is None


def test_a_new_instance_that_nothing_observes_starts_in_the_initial_state(soc: CompiledProvisioner) -> None:
    step = decided(soc, None, event("unknown"), observes=False).step
    assert (step.snapshot.state, step.snapshot.timers) == ("open", OPEN)


def test_a_definition_that_is_changed_concerns_what_enters_its_states_from_then_on() -> None:
    block = """      after {
        delay      = "1h"
        transition = "gone"
      }
"""
    definition = read_definition(SOURCE.replace(block, ""), "soc.hcl").definition
    assert definition is not None
    without = compile_definition(definition)["soc"]
    due = timestamp(NOW)
    held = Snapshot(state="open", version=1, timers={"after.open.1": due})
    step = decided(without, held, timer_event(ENTITY, "after.open.1", due), "Open").step
    assert (step.snapshot.state, step.effects, step.trace.verdict) == (
        "open",
        (),
        Verdict.EVENT_NOT_REGISTERED,
    )


def test_a_state_that_gained_a_timer_sets_it_when_it_is_entered(soc: CompiledProvisioner) -> None:
    held = Snapshot(state="open", version=1, machine="another")
    stays = decided(soc, held, event("unknown"), "Open").step
    assert (stays.snapshot.state, stays.armed) == ("open", {})


def test_drift_cancels_the_old_timers_and_sets_the_new_ones(soc: CompiledProvisioner) -> None:
    step = decided(soc, Snapshot(state="open", version=1, timers=OPEN), event("unknown"), "Review").step
    assert (step.snapshot.state, step.armed, step.cancelled) == ("review.wait", REVIEW, ("after.open.1",))
    assert step.effects == ()
    assert step.trace.drift_from == "open"


def test_one_status_for_several_states_is_no_drift(soc: CompiledProvisioner) -> None:
    held = Snapshot(state="review.read", version=1, timers=REVIEW)
    step = decided(soc, held, event("unknown"), "Review").step
    assert (step.snapshot.state, step.snapshot.timers, step.trace.drift_from) == ("review.read", REVIEW, None)
    assert decided(soc, held, event("next"), "Review").step.snapshot.state == "review.wait"


def test_an_instance_whose_place_was_never_known_gets_its_timers_when_it_is(soc: CompiledProvisioner) -> None:
    lost = decided(soc, None, event("next"), None).step
    assert (lost.trace.verdict, lost.snapshot.placed, lost.armed) == (Verdict.UNOBSERVED, False, {})
    found = decided(soc, lost.snapshot, event("unknown"), "Open").step
    assert (found.snapshot.state, found.snapshot.placed, found.armed) == ("open", True, OPEN)
    assert found.trace.drift_from is None


def test_a_timer_of_a_state_that_was_left_by_hand_is_cancelled(soc: CompiledProvisioner) -> None:
    due = timestamp(NOW)
    held = Snapshot(state="open", version=1, timers={"after.open.1": due})
    step = decided(soc, held, timer_event(ENTITY, "after.open.1", due), "Review").step
    assert step.trace.verdict is Verdict.TIMER_CANCELLED
    assert (step.snapshot.state, step.snapshot.timers) == ("review.wait", REVIEW)
    moved = decided(soc, held, timer_event(ENTITY, "after.open.1", due), "Open").step
    assert (moved.snapshot.state, moved.snapshot.timers) == ("gone", {})


def test_an_older_event_is_late_a_newer_or_equal_one_is_not(soc: CompiledProvisioner) -> None:
    first = decided(soc, None, event("next", "2024-01-31T12:00:00Z"), observes=False).step
    assert first.snapshot.latest == {"github.push": '"2024-01-31T12:00:00Z"'}
    late = decided(soc, first.snapshot, event("next", "2024-01-31T12:59:59+01:00"), observes=False).step
    assert late.trace.verdict is Verdict.LATE
    assert (late.snapshot.state, late.snapshot.latest) == ("review.wait", first.snapshot.latest)
    same = decided(soc, first.snapshot, event("next", "2024-01-31T13:00:00+01:00"), observes=False).step
    assert same.snapshot.state == "review.read"
    assert decided(soc, first.snapshot, event("next"), observes=False).step.snapshot.state == "review.read"


@pytest.mark.parametrize(
    ("this", "last", "expected"),
    [
        (1, 2, True),
        (2, 2, False),
        (10, 9, False),
        (1.5, 2, True),
        ("a", "b", True),
        ("10", "9", False),
        ("9", "10", True),
        ("1e1", "9.5", False),
        ("1.0", "1", False),
        ("9" * 60, "1" + "0" * 60, True),
        ("-2", "-1", True),
        ("10", "9 of 10", True),
        ("10", "2024-01-01", True),
        ("10", " 9", False),
        ("2024-01-31", "2024-01-31T00:00:00Z", False),
        ("2024-01-31T00:00:00", "2024-01-31T00:00:01Z", True),
        ("2024-13-99", "2024-01-01", False),
        (1, "2", False),
        ("1", 2, False),
    ],
)
def test_what_is_older(this: Any, last: Any, expected: Any) -> None:
    assert is_older(json.dumps(this), json.dumps(last)) is expected
