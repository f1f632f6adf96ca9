from datetime import UTC, datetime
from typing import Any

import pytest

from engine.machine.binding import LARGEST_CONTEXT
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.model import Effect, EffectKind, Entity, Event, Snapshot, Step, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="soc", id="SOC-12")

#: The machine of the predecessor's tests.
PREDECESSOR = """
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", processing: "Processing", done: "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "processing" }
    state "processing" "next" { transition = "done" }
    state "processing" "prev" { transition = "to_do" }
    state "done" "next" { transition = "<end>" }
  }
}
"""


def compiled(source: str, **variables: Any) -> CompiledMachine:
    result = read_definition(source, "test.hcl", variables)
    assert result.definition is not None, result.diagnostics
    [provisioner] = compile_definition(result.definition).values()
    return provisioner.machine


def machine(states: str, *, head: str = "", aliases: str = "") -> CompiledMachine:
    return compiled(
        f'{head}\nprovisioner "soc" {{\n{aliases}\nstatemachine "soc" {{\ninitial = "a"\n{states}\n}}\n}}\n'
    )


def event(name: str = "next", payload: Any = None) -> Event:
    return Event(name=name, entity=ENTITY, payload=payload or {}, delivery={"type": "release"})


def taken(of: CompiledMachine, state: str, name: str = "next", payload: Any = None, **context: Any) -> Step:
    return step(of, Snapshot(state=state, context=context, version=3), event(name, payload), NOW)


class TestPredecessor:
    def test_done_next_is_the_end(self) -> None:
        result = taken(compiled(PREDECESSOR), "done")
        assert result.trace.verdict is Verdict.ENDED
        assert result.effects == ()
        assert result.snapshot == Snapshot(state="done", version=4)

    def test_processing_prev_goes_to_to_do(self) -> None:
        [call] = taken(compiled(PREDECESSOR), "processing", "prev").effects
        assert (call.target, call.target_status) == ("to_do", "To Do")

    def test_processing_next_goes_to_done(self) -> None:
        result = taken(compiled(PREDECESSOR), "processing")
        assert result.effects == (
            Effect(
                kind=EffectKind.TRANSITION,
                name="done",
                source="processing",
                target="done",
                source_status="Processing",
                target_status="Done",
            ),
        )
        assert result.snapshot == Snapshot(state="done", version=4)

    def test_a_random_event_is_not_registered(self) -> None:
        result = taken(compiled(PREDECESSOR), "processing", "random")
        assert result.trace.verdict is Verdict.EVENT_NOT_REGISTERED
        assert (
            result.trace.because == 'no transition leaves "processing" on "random"; it knows "next", "prev"'
        )
        assert result.snapshot == Snapshot(state="processing", version=4)

    def test_an_unknown_state_is_not_found(self) -> None:
        result = taken(compiled(PREDECESSOR), "elsewhere")
        assert result.trace.verdict is Verdict.STATE_NOT_FOUND
        assert result.effects == ()
        assert result.snapshot == Snapshot(state="elsewhere", version=4)


GUARDED = """
state "a" {
  on "next" {
    when       = event.action == "published"
    transition = "b"
  }
  on "next" {
    when       = event.count > 2
    transition = "c"
  }
  on "next" { transition = "<end>" }
}
state "b" {}
state "c" {}
"""


class TestCandidates:
    def test_the_first_that_holds_is_taken_and_the_trace_says_why(self) -> None:
        result = taken(machine(GUARDED), "a", payload={"action": "published", "count": 9})
        assert result.snapshot.state == "b"
        assert [(c.taken, c.reason) for c in result.trace.candidates] == [
            (True, 'guard held: event.action is "published"'),
            (False, "not tried: an earlier one was taken"),
            (False, "not tried: an earlier one was taken"),
        ]
        assert result.trace.candidates[0].place == "test.hcl:8:3"

    def test_a_false_guard_shows_what_it_saw(self) -> None:
        result = taken(machine(GUARDED), "a", payload={"action": "created", "count": 9})
        assert result.snapshot.state == "c"
        assert result.trace.candidates[0].reason == 'guard false: event.action is "created"'

    def test_a_guard_that_fails_counts_as_false_and_the_trace_says_so(self) -> None:
        result = taken(machine(GUARDED), "a", payload={"action": "created"})
        assert result.trace.verdict is Verdict.ENDED
        assert result.trace.candidates[1].reason.startswith("guard could not be evaluated: ")
        assert result.trace.candidates[2].reason == "no guard"

    def test_a_guard_that_is_no_truth_value_counts_as_false(self) -> None:
        odd = machine('state "a" "next" {\nwhen = event.x\ntransition = "a"\n}')
        result = taken(odd, "a", payload={"x": "yes"})
        assert result.trace.verdict is Verdict.GUARDED
        assert result.trace.candidates[0].reason == 'guard is neither true nor false: it is "yes"'

    def test_a_named_state_beats_the_wildcard(self) -> None:
        both = machine(
            'state "*" "next" { transition = "c" }\n'
            'state "a" "next" {\n when = event.x\n transition = "b"\n}\nstate "b" {}\nstate "c" {}'
        )
        assert taken(both, "a", payload={"x": True}).snapshot.state == "b"
        assert taken(both, "a", payload={"x": False}).snapshot.state == "c"
        assert taken(both, "b", payload={"x": True}).snapshot.state == "c"

    @pytest.mark.parametrize(
        ("states", "at", "verdict"),
        [
            ('state "a" "next" { transition = "b" }\nstate "b" {}', "b", Verdict.ALREADY_THERE),
            ('state "a" "next" { transition = "b" }\nstate "b" { final = true }', "b", Verdict.ALREADY_THERE),
            ('state "a" "next" { transition = "b" }\nstate "b" "*" { transition = "a" }', "b", Verdict.MOVED),
            ('state "a" "next" { transition = "<end>" }\nstate "b" {}', "b", Verdict.EVENT_NOT_REGISTERED),
            ('state "a" "next" { set = { n = 1 } }\nstate "b" {}', "b", Verdict.EVENT_NOT_REGISTERED),
            # What another state tries first, decides: its guards are asked.
            ('state "a" "next" {\nwhen = event.x\ntransition = "b"\n}\nstate "b" {}', "b", Verdict.ALREADY_THERE),
            ('state "a" "next" {\nwhen = !event.x\ntransition = "b"\n}\nstate "b" {}', "b", Verdict.EVENT_NOT_REGISTERED),
            ('state "a" "next" {\nwhen = event.no.such\ntransition = "b"\n}\nstate "b" {}', "b", Verdict.EVENT_NOT_REGISTERED),
            (
                'state "a" {\non "next" {\nwhen = event.x\ntransition = "c"\n}\non "next" { transition = "b" }\n}\nstate "b" {}\nstate "c" {}',
                "b",
                Verdict.EVENT_NOT_REGISTERED,
            ),
            # Around it, and by its initial state.
            ('state "a" "next" { transition = "b" }\nstate "b" {\ninitial = "x"\nstate "x" {}\nstate "y" {}\n}', "b.y", Verdict.ALREADY_THERE),
            # It knows the event, and its guard does not hold.
            ('state "a" "next" { transition = "b" }\nstate "b" "next" {\nwhen = !event.x\ntransition = "a"\n}', "b", Verdict.GUARDED),
        ],
    )  # fmt: skip
    def test_an_event_that_leads_here_from_elsewhere_finds_it_there_already(
        self, states: str, at: str, verdict: Verdict
    ) -> None:
        result = taken(machine(states), at, payload={"x": True})
        assert result.trace.verdict is verdict
        if verdict is Verdict.ALREADY_THERE:
            assert result.trace.because == (
                f'"next" leads here from "a", and the entity is in "{at}" already: nothing is called'
            )
            assert (result.snapshot.state, result.snapshot.version, result.effects) == (at, 4, ())

    def test_nothing_leads_out_of_a_final_state(self) -> None:
        final = machine('state "*" "next" { transition = "a" }\nstate "a" {}\nstate "b" { final = true }')
        result = taken(final, "b")
        assert result.trace.verdict is Verdict.EVENT_NOT_REGISTERED
        assert result.trace.because == '"b" is final: no event leads out of it'

    def test_a_local_shows_what_stands_behind_it(self) -> None:
        head = 'variable "v" { default = 2 }\nlocals {\n  big = event.n > var.v\n}'
        of = machine('state "a" "next" {\nwhen = local.big\ntransition = "a"\n}', head=head)
        result = taken(of, "a", payload={"n": 1})
        assert (
            result.trace.candidates[0].reason == "guard false: local.big is false, event.n is 1, var.v is 2"
        )

    def test_names_that_the_library_gives_a_meaning_to_have_none_here(self) -> None:
        odd = machine(
            'state "a" "state" { transition = "to_a" }\nstate "to_a" "trigger" { transition = "a" }'
        )
        assert taken(odd, "a", "state").snapshot.state == "to_a"
        assert taken(odd, "to_a", "trigger").snapshot.state == "a"
        assert taken(odd, "a", "to_to_a").trace.verdict is Verdict.EVENT_NOT_REGISTERED

    def test_a_text_that_names_a_function_is_not_called(self) -> None:
        hostile = machine(
            'state "a" "next" {\nwhen = "os.${state == "a" ? "getcwd" : ""}"\ntransition = "a"\n}'
        )
        assert taken(hostile, "a").trace.verdict is Verdict.GUARDED


FULL = """
state "a" {
  on "next" {
    transition = "b"
    set        = { by = event.user, old = null, n = (context.n == null ? 0 : context.n) + 1 }
    request {
      resolution = "Done"
      comment    = "From ${previous} to ${state} by ${event.user}"
    }
    action "http" "announce" {
      url  = "https://chat.example/hooks"
      body = { text = "${entity.id} of ${entity.project}", at = now, type = delivery.type }
    }
    action "chat" "second" {}
  }
}
state "b" {}
"""


class TestEffects:
    def test_the_backends_call_comes_first_then_the_actions_in_order(self) -> None:
        result = taken(machine(FULL), "a", payload={"user": "ada"}, old=1, n=4)
        assert [(e.kind, e.worker, e.name) for e in result.effects] == [
            (EffectKind.TRANSITION, "", "b"),
            (EffectKind.ACTION, "http", "announce"),
            (EffectKind.ACTION, "chat", "second"),
        ]
        assert result.effects[0].arguments == {"resolution": "Done", "comment": "From a to b by ada"}
        assert result.effects[1].arguments == {
            "url": "https://chat.example/hooks",
            "body": {"text": "SOC-12 of soc", "at": "2024-01-31T12:00:00Z", "type": "release"},
        }

    def test_set_merges_into_the_context_and_null_deletes(self) -> None:
        result = taken(machine(FULL), "a", payload={"user": "ada"}, old=1, n=4, kept=[1])
        assert result.snapshot == Snapshot(state="b", context={"by": "ada", "n": 5, "kept": [1]}, version=4)

    def test_arguments_that_fail_stop_the_decision_before_a_later_candidate(self) -> None:
        of = machine(
            'state "a" {\non "next" {\nwhen = true\ntransition = "b"\nrequest {\ncomment = event.user.name\n}\n}\n'
            'on "next" { transition = "c" }\n}\nstate "b" {}\nstate "c" {}'
        )
        result = taken(of, "a", payload={"user": None})
        assert result.trace.verdict is Verdict.UNEVALUATED
        assert (result.snapshot.state, result.effects) == ("a", ())
        first, second = result.trace.candidates
        assert first.reason.startswith("guard held, but comment of request could not be evaluated: ")
        assert second.reason == "not tried: an earlier one held and could not be evaluated"

    def test_a_set_that_is_no_object_stops_the_decision(self) -> None:
        of = machine('state "a" "next" {\ntransition = "b"\nset = event.x\n}\nstate "b" {}')
        result = taken(of, "a", payload={"x": [1]})
        assert result.trace.verdict is Verdict.UNEVALUATED
        assert "set is not an object: it is a list of 1" in result.trace.because

    def test_a_context_that_grows_too_large_stops_the_decision(self) -> None:
        of = machine('state "a" "next" {\ntransition = "b"\nset = { all = event }\n}\nstate "b" {}')
        result = taken(of, "a", payload={"x": "x" * LARGEST_CONTEXT})
        assert result.trace.verdict is Verdict.UNEVALUATED
        assert result.snapshot == Snapshot(state="a", version=4)

    def test_an_internal_state_is_entered_without_a_call(self) -> None:
        of = machine(
            'state "a" "next" {\ntransition = "b"\naction "http" "x" {}\n}\n'
            'state "b" {\nalias = null\non "next" { transition = "a" }\n}'
        )
        entered = taken(of, "a")
        assert [e.kind for e in entered.effects] == [EffectKind.ACTION]
        [left] = taken(of, "b").effects
        assert (left.source, left.source_status, left.target_status) == ("b", None, "a")

    def test_staying_makes_no_backend_call(self) -> None:
        of = machine('state "a" "next" {\ntransition = "a"\naction "http" "x" {}\n}')
        result = taken(of, "a")
        assert result.trace.verdict is Verdict.MOVED
        assert [e.kind for e in result.effects] == [EffectKind.ACTION]

    def test_locals_are_evaluated_only_when_asked_for(self) -> None:
        head = "locals {\n  broken = event.x.y.z\n  fine = event.x\n}"
        of = machine(
            'state "a" "next" {\nwhen = event.x == 1 || local.broken\ntransition = "b"\n}\nstate "b" {}',
            head=head,
        )
        assert taken(of, "a", payload={"x": 1}).snapshot.state == "b"


@pytest.mark.parametrize("count", [1, 300])
def test_a_trace_never_holds_more_of_a_payload_than_a_line(count: int) -> None:
    of = machine('state "a" "next" {\nwhen = event.text == event.list\ntransition = "a"\n}')
    result = taken(of, "a", payload={"text": "x\x1b[31m\x9b\u202e" * count, "list": [1] * count})
    reason = result.trace.candidates[0].reason
    assert reason.isprintable()
    assert len(reason) < 200
