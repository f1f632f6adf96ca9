"""Events that a machine sends itself, patterns of events, several targets, and states that are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.diagnostics import Severity
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.prove import prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.model import EFFECT_FAILED, Entity, Event, Snapshot, Step, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")


def source(body: str, initial: str = "a") -> str:
    return f'provisioner "p" {{\nstatemachine "p" {{\ninitial = "{initial}"\n{body}\n}}\n}}\n'


def machine(body: str, initial: str = "a") -> CompiledMachine:
    result = read_definition(source(body, initial), "x.hcl")
    assert result.definition is not None, result.diagnostics
    return compile_definition(result.definition)["p"].machine


def codes(body: str) -> list[str]:
    return [
        d.code for d in read_definition(source(body), "x.hcl").diagnostics if d.code != "event_never_handled"
    ]


def on(compiled: CompiledMachine, at: Snapshot, name: str, payload: Any = None) -> Step:
    return step(compiled, at, Event(name=name, entity=ENTITY, receive="s.t", payload=payload), NOW)


def start(compiled: CompiledMachine) -> Snapshot:
    return Snapshot(state=compiled.initial)


ORDER = """
state "a" {
  on "go" {
    transition = "b"
    raise "last" {
      delay = 0
    }
    raise "first" {
      event = { n = event.n + 1 }
    }
    raise "second" {}
  }
}
state "b" {
  on "*" { set = { seen = concat(try(context.seen, []), ["${fired} ${event.n}"]) }
  }
}
""".replace("{ set", "{\nset")


def test_raised_events_come_in_order_those_that_wait_for_all_others_last() -> None:
    compiled = machine(ORDER)
    result = on(compiled, start(compiled), "go", {"n": 1})
    assert result.snapshot.context == {"seen": ["first 2", "second 1", "last 1"]}
    assert result.trace.verdict is Verdict.MOVED
    assert [c.on for c in result.trace.candidates] == ["", "first", "second", "last"]


DELAYED = """
state "a" {
  on "go" {
    transition = "b"
    raise "remind" {
      delay = "${event.hours}h"
      event = { who = event.who }
    }
  }
}
state "b" {
  on "again" {
    raise "remind" { delay = "5h" }
  }
  on "enough" {
    cancel "remind" {}
  }
  on "left" { transition = "c" }
}
state "c" {}
state "*" "remind" { set = { told = try(event.who, event.due) } }
""".replace(
    '"b" {\n  on "again" {\n    raise "remind" { delay = "5h" }',
    '"b" {\n  on "again" {\n    raise "remind" {\n      delay = "5h"\n    }',
)


def test_a_delayed_event_waits_as_a_timer_wherever_the_instance_goes_and_carries_what_it_was_given() -> None:
    compiled = machine(DELAYED)
    moved = on(compiled, start(compiled), "go", {"hours": 2, "who": "ada"})
    (timer,) = moved.armed
    due = moved.armed[timer]
    assert datetime.fromisoformat(due) == NOW + timedelta(hours=2)
    left = on(compiled, moved.snapshot, "left")
    assert left.cancelled == ()
    told = step(compiled, left.snapshot, timer_event(ENTITY, timer, due), datetime.fromisoformat(due))
    assert (told.trace.verdict, told.snapshot.context) == (Verdict.STAYED, {"told": "ada"})
    assert told.snapshot.timers == told.snapshot.raised == {}
    assert told.cancelled == (timer,)


def test_raising_again_sets_it_anew_and_cancel_takes_it_back() -> None:
    compiled = machine(DELAYED)
    moved = on(compiled, start(compiled), "go", {"hours": 2, "who": "ada"})
    (timer,) = moved.armed
    again = on(compiled, moved.snapshot, "again")
    assert datetime.fromisoformat(again.armed[timer]) == NOW + timedelta(hours=5)
    assert again.snapshot.raised == {}
    old = step(compiled, again.snapshot, timer_event(ENTITY, timer, moved.armed[timer]), NOW)
    assert old.trace.verdict is Verdict.TIMER_CANCELLED
    enough = on(compiled, again.snapshot, "enough")
    assert enough.cancelled == (timer,)
    assert enough.snapshot.timers == enough.snapshot.raised == {}


def test_a_snapshot_with_a_waiting_event_survives_being_stored() -> None:
    compiled = machine(DELAYED)
    at = on(compiled, start(compiled), "go", {"hours": 2, "who": "ada"}).snapshot
    assert Snapshot(state=at.state, context=at.context, version=at.version, **at.memory()) == at


def test_events_that_raise_each_other_end_with_a_verdict_and_move_nothing() -> None:
    compiled = machine(
        'state "a" {\non "go" {\ntransition = "b"\nraise "ping" {}\n}\n}\n'
        'state "b" {\non "ping" {\nraise "pong" {}\n}\non "pong" {\nraise "ping" {}\n}\n}'
    )
    result = on(compiled, start(compiled), "go")
    assert result.trace.verdict is Verdict.ENDLESS
    assert result.snapshot.state == "a"
    assert "raised events" in result.trace.because


@pytest.mark.parametrize(
    "bad", ["event = { n = event.no.such }", 'delay = "soon"', "delay = -1", "when = state"]
)
def test_a_raise_that_cannot_be_evaluated_keeps_the_whole_step_from_being_made(bad: str) -> None:
    compiled = machine(
        f'state "a" {{\non "go" {{\ntransition = "b"\nset = {{ x = 1 }}\nraise "x" {{\n{bad}\n}}\n}}\n}}\nstate "b" "x" {{ transition = "a" }}'
    )
    result = on(compiled, start(compiled), "go", {})
    assert result.trace.verdict is Verdict.UNEVALUATED
    assert (result.snapshot.state, result.snapshot.context) == ("a", {})


def test_when_decides_after_the_set() -> None:
    compiled = machine(
        'state "a" {\non "go" {\nset = { n = try(context.n, 0) + 1 }\nraise "full" {\nwhen = context.n == 2\n}\n}\n'
        'on "full" { transition = "b" }\n}\nstate "b" {}'
    )
    once = on(compiled, start(compiled), "go").snapshot
    assert once.state == "a"
    assert on(compiled, once, "go").snapshot.state == "b"


PATTERNS = """
state "a" {
  on "pay.refused" { transition = "exact" }
  on "pay.*" { transition = "longer" }
  on "*" { transition = "any" }
}
state "exact" {}
state "longer" {}
state "any" {}
"""


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("pay.refused", "exact"),
        ("pay", "longer"),
        ("pay.x.y", "longer"),
        ("payment", "any"),
        ("pay.refused.x", "longer"),
        ("x", "any"),
    ],
)
def test_a_pattern_means_a_name_and_all_that_go_on_after_it(event: str, state: str) -> None:
    compiled = machine(PATTERNS)
    assert on(compiled, start(compiled), event).snapshot.state == state


def test_no_pattern_means_what_the_engine_tells_itself() -> None:
    compiled = machine(
        'state "a" {\non "*" { transition = "b" }\nafter {\ndelay = "1h"\nset = { x = 1 }\n}\n}\nstate "b" {}'
    )
    assert not compiled.knows(EFFECT_FAILED)
    assert machine('state "a" {\non "effect.*" { transition = "b" }\n}\nstate "b" {}').knows(EFFECT_FAILED)
    assert on(compiled, start(compiled), EFFECT_FAILED).snapshot.state == "a"
    assert on(compiled, start(compiled), "after.a.1").snapshot.state == "a"


REGIONS = """
state "a" {
  on "go" { transition = "p.r.y & p.q.y" }
}
parallel "p" {
  state "r" {
    initial = "x"
    state "x" {}
    state "y" {}
  }
  state "q" {
    initial = "x"
    state "x" {}
    state "y" {}
  }
}
"""


def test_a_target_may_name_states_of_several_regions() -> None:
    compiled = machine(REGIONS)
    assert on(compiled, start(compiled), "go").snapshot.state == "p.q.y & p.r.y"
    assert machine(REGIONS, "p.q.y & p.r.x").initial == "p.q.y & p.r.x"


KEPT = """
state "a" {{
  initial = "x"
  on_enter {{
    set = {{ entered = try(context.entered, 0) + 1 }}
  }}
  on "go" {{
    transition = "y"
    leave      = {leave}
  }}
  state "x" {{}}
  state "y" {{}}
}}
"""


@pytest.mark.parametrize(("leave", "context"), [("false", {}), ("true", {"entered": 1})])
def test_a_state_is_kept_where_a_transition_inside_says_so(leave: str, context: dict[str, int]) -> None:
    compiled = machine(KEPT.format(leave=leave))
    result = on(compiled, start(compiled), "go")
    assert (result.snapshot.state, result.snapshot.context) == ("a.y", context)


def test_the_end_of_a_state_carries_what_its_final_state_says() -> None:
    compiled = machine(
        'state "a" {\ninitial = "x"\non "done.state.a" {\nwhen = event.by == "ada"\ntransition = "b"\n}\n'
        'state "x" {\non "go" { transition = "end" }\n}\nstate "end" {\nfinal = true\nevent = { by = event.who }\n}\n}\nstate "b" {}'
    )
    assert on(compiled, start(compiled), "go", {"who": "ada"}).snapshot.state == "b"
    assert on(compiled, start(compiled), "go", {"who": "bob"}).snapshot.state == "a.end"


def test_a_state_may_begin_where_it_was_left() -> None:
    compiled = machine(
        'state "a" {\ninitial = "last"\non "out" { transition = "b" }\nhistory "last" { transition = "x" }\n'
        'state "x" {\non "go" { transition = "y" }\n}\nstate "y" {}\n}\nstate "b" {\non "in" { transition = "a" }\n}'
    )
    at = start(compiled)
    assert at.state == "a.x"
    for event in ("go", "out", "in"):
        at = on(compiled, at, event).snapshot
    assert at.state == "a.y"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('state "a" {\non "x" {\nraise "*" {}\n}\n}', "bad_name"),
        ('state "a" {\non "x" {\nraise "b.*" {}\n}\n}', "bad_name"),
        ('state "a" {\non "x" {\nraise "done.state.a" {}\n}\n}', "own_event_fired"),
        ('state "a" {\non "x" {\nraise "after.a.1" {}\n}\n}', "own_event_fired"),
        ('state "a" {\non "x" {\nraise {}\n}\n}', "wrong_labels"),
        ('state "a" {\non "x" {\nraise "y" { data = 1 }\n}\n}', "unknown_attribute"),
        ('state "a" {\non "x" {\ncancel "y" {}\n}\n}', "cancel_without_raise"),
        ('state "a" {\non "x" {\ntransition = "<end>"\nraise "y" {}\n}\n}', "end_has_effects"),
        ('state "a" {\non "*" { transition = "a" }\non "b" { transition = "a" }\n}', "conflicts"),
        ('state "a" {\non "b.*" { transition = "a" }\non "b" { transition = "a" }\n}', "conflicts"),
        ('state "a" "x" { transition = "a & b" }\nstate "b" {}', "states_apart"),
        ('state "a" "x" { transition = "a & c" }\nstate "b" {}', "transition_state_unregistered"),
        (REGIONS.replace("p.r.y & p.q.y", "p & p.q.y"), "states_apart"),
        (REGIONS.replace("p.r.y & p.q.y", "p.q.x & p.q.y"), "states_apart"),
        (KEPT.format(leave="false").replace('"y"\n    leave', '"a"\n    leave'), "state_left_anyway"),
        ('state "a" {\non "x" {\nleave = false\nset = {}\n}\n}', "leave_without_target"),
        ('state "a" { event = {} }', "event_without_end"),
    ],
)  # fmt: skip
def test_every_mistake_has_its_name(body: str, code: str) -> None:
    assert code in codes(body)


def test_an_event_before_a_pattern_is_no_conflict() -> None:
    assert (
        codes(
            'state "a" {\non "b" { transition = "a" }\non "b.*" { transition = "a" }\non "*" { transition = "a" }\n}'
        )
        == []
    )


def test_what_is_raised_for_nobody_is_a_warning() -> None:
    result = read_definition(source('state "a" {\non "x" {\nraise "y" {}\n}\n}'), "x.hcl")
    assert ("event_never_handled", Severity.WARNING) in [(d.code, d.severity) for d in result.diagnostics]


def test_what_a_machine_means_depends_on_what_it_raises_and_keeps() -> None:
    bodies = [ORDER, ORDER.replace('raise "second" {}', ""), ORDER.replace("delay = 0", 'delay = "1s"')]
    bodies += [KEPT.format(leave="false"), KEPT.format(leave="true")]
    assert len({machine(body).definition.hash for body in bodies}) == len(bodies)


PROVEN = """
provisioner "p" {
  receive "github" "release" {
    entity = "P-1"
    fire   = "go"
  }
  statemachine "p" {
    initial = "a"
    state "a" {
      on "go" {
        transition = "b"
        raise "hop" { event = { n = 1 } }
      }
    }
    state "b" {
      on "hop" {
        when       = event.n == 1
        transition = "c"
      }
    }
    state "c" { final = true }
  }
  property "it goes on by itself" {
    leads_to = "c"
    from     = "b"
    within   = 1
  }
  property "it ends" { reachable = ["c"] }
}
""".replace("{ event = { n = 1 } }", "{\nevent = { n = 1 }\n}")


def test_proofs_follow_what_is_raised_and_do_not_let_it_come_from_outside() -> None:
    result = read_definition(PROVEN, "x.hcl")
    assert result.definition is not None, result.diagnostics
    found = [
        d for d in prove(result.definition.provisioners["p"]).diagnostics if d.severity is not Severity.NOTE
    ]
    assert found == []
    broken = read_definition(PROVEN.replace("event.n == 1", "event.n == 2"), "x.hcl")
    assert broken.definition is not None
    told = {d.code for d in prove(broken.definition.provisioners["p"]).diagnostics}
    assert told >= {"property_fails", "unreachable_state"}
