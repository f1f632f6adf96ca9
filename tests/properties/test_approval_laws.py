"""Approvals against a model that shares nothing with the engine: who may, who did, how many, and since which round."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide.decide import decide, decide_again
from engine.machine.approvals import Answer, answer_event, approvals_of
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.read import read_definition
from engine.machine.timers import timer_event
from engine.model import Entity, Event, Snapshot, Verdict
from engine.store.encoding import decode, encode, settled

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")
PEOPLE = ("ada", "bob", "eve", "zoe")


@dataclass
class Model:
    """The machine below, by hand."""

    people: tuple[str, ...]
    needs: Mapping[str, int]
    state: str = "open"
    version: int = 0
    opened: int | None = None
    voices: dict[str, str] = field(default_factory=dict)
    approved: list[str] = field(default_factory=list)

    def enter(self) -> None:
        self.state, self.opened, self.voices = "asked", self.version, {}

    def leave(self, to: str) -> None:
        self.state, self.opened, self.voices = to, None, {}

    def event(self, name: str) -> str:
        self.version += 1
        if name == "go" and self.state == "open":
            self.enter()
            return "moved"
        if self.state == "asked" and name in ("back", "again"):
            self.leave("open") if name == "back" else self.enter()
            return "moved"
        there = (name, self.state) in (("go", "asked"), ("back", "open"))
        return "already_there" if there else "event_not_registered_for_state"

    def time(self) -> str:
        self.version += 1
        if self.state != "asked":
            return "timer_cancelled"
        self.leave("open")
        return "moved"

    def answer(self, who: str, choice: str, opened: int | None) -> str:
        self.version += 1
        if self.state != "asked" or opened != self.opened:
            return "not_awaited"
        if who not in self.people:
            return "not_allowed"
        if self.voices.get(who) == choice:
            return "repeated"
        if choice not in self.needs:
            return "event_not_registered_for_state"
        before = dict(self.voices)
        self.voices[who] = choice
        if sum(c == choice for c in self.voices.values()) < self.needs[choice]:
            return "counted"
        if choice == "note":
            self.voices = {w: c for w, c in before.items() if c != "note"}
            return "stayed"
        if choice == "yes":  # who thinks again speaks last
            self.approved = [w for w, c in before.items() if c == choice and w != who] + [who]
        self.leave("done" if choice == "yes" else "open")
        return "moved"


def machine(people: tuple[str, ...], needs: Mapping[str, int]) -> CompiledProvisioner:
    names = ", ".join(f'"{name}"' for name in people)
    source = f"""
    provisioner "p" {{
      statemachine "p" {{
        initial = "open"
        state "open" "go" {{ transition = "asked" }}
        state "asked" {{
          await {{
            from = [{names}]
            answer "yes" {{
              needs      = {needs["yes"]}
              transition = "done"
              set        = {{ by = event.answers[*].who }}
            }}
            answer "no" {{
              needs      = {needs["no"]}
              transition = "open"
            }}
            answer "note" {{
              needs = {needs["note"]}
              set   = {{ noted = event.who }}
            }}
          }}
          after {{
            delay      = "1h"
            transition = "open"
          }}
          on "back" {{ transition = "open" }}
          on "again" {{ transition = "asked" }}
        }}
        state "done" {{ final = true }}
      }}
    }}
    """
    definition = read_definition(source, "p.hcl").definition
    assert definition is not None
    return compile_definition(definition)["p"]


counts = st.integers(min_value=1, max_value=3)
said = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(["yes", "no", "note", "what"]),
    st.sampled_from(["now", "old", None]),
)
happenings = st.lists(said | said | st.sampled_from(["go", "go", "back", "again", "time"]), max_size=25)


@settings(max_examples=150)
@given(
    people=st.permutations(PEOPLE).map(lambda names: tuple(names[:3])),
    needs=st.fixed_dictionaries({"yes": counts, "no": counts, "note": counts}),
    course=happenings,
)
def test_whatever_people_answer_the_machine_does_what_the_model_does(
    people: tuple[str, ...], needs: dict[str, int], course: list[Any]
) -> None:
    provisioner, model = machine(people, needs), Model(people, needs)
    snapshot: Snapshot | None = None
    rounds: list[int] = []
    for number, what in enumerate(course):
        now = NOW + timedelta(seconds=number)
        event, expected = _happens(model, snapshot, rounds, what)
        decision = decide(provisioner, snapshot, event, now, observed=None, repeated=False)
        made = decision.step
        assert made.trace.verdict.value == expected
        assert (made.snapshot.state, made.snapshot.version) == (model.state, model.version)
        asked = approvals_of(made.snapshot)
        assert [a.opened for a in asked] == ([] if model.opened is None else [model.opened])
        assert {a.who: a.choice for one in asked for a in one.answers} == model.voices
        assert all(a.people == people for a in asked)
        assert sorted(made.snapshot.context.get("by", [])) == sorted(model.approved)
        if made.trace.verdict in (Verdict.NOT_AWAITED, Verdict.NOT_ALLOWED, Verdict.REPEATED):
            assert made.effects == ()
            assert made.trace.because
        facts = decode(encode(settled(decision.facts)))
        again = decide_again(provisioner, facts, event.payload)
        assert encode(settled(again.step)) == encode(settled(made))
        snapshot = _stored(made.snapshot)
        rounds += [model.opened] if model.opened is not None and model.opened not in rounds else []


def _happens(model: Model, snapshot: Snapshot | None, rounds: list[int], what: Any) -> tuple[Event, str]:
    if what == "time":
        due = "never" if snapshot is None else snapshot.timers.get("after.asked.1", "never")
        return timer_event(ENTITY, "after.asked.1", due), model.time()
    if isinstance(what, str):
        return Event(name=what, entity=ENTITY, receive="github.x", payload={}), model.event(what)
    who, choice, round_ = what
    older = [r for r in rounds if r != model.opened]
    opened = {"now": model.opened, "old": older[-1] if older else 99, None: None}[round_]
    answer = Answer(who=who, choice=choice, comment="", at="2024-01-01T00:00:00Z")
    event = answer_event(ENTITY, state="asked", opened=opened, answer=answer)
    return event, model.answer(who, choice, opened)


def _stored(snapshot: Snapshot) -> Snapshot:
    """The snapshot as the store gives it back."""
    memory = decode(encode(settled(snapshot.memory())))
    context = decode(encode(settled(snapshot.context)))
    back = Snapshot(
        state=snapshot.state, context=context, version=snapshot.version, machine=snapshot.machine, **memory
    )
    assert back == snapshot
    return replace(back)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(["who", "choice", "comment", "at", "state", "opened", "before", "answers"])


@given(
    payload=st.dictionaries(members, plain | st.sampled_from(["ada", "yes", "asked", 1]), max_size=8) | plain,
    name=st.sampled_from(["await.asked.yes", "await.asked.", "await.yes", "await.", "await.gone.yes"]),
)
def test_whatever_an_answer_holds_it_gets_a_verdict(payload: Any, name: str) -> None:
    provisioner = machine(("ada", "bob"), {"yes": 1, "no": 1, "note": 1})
    event = Event(name="go", entity=ENTITY, receive="github.x", payload={})
    at = decide(provisioner, None, event, NOW, observed=None, repeated=False).step.snapshot
    odd = Event(name=name, entity=ENTITY, payload=payload)
    decision = decide(provisioner, at, odd, NOW, observed=None, repeated=False)
    assert decision.step.snapshot.version == 2
    assert decision.step.trace.because
