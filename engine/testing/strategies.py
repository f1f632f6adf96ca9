"""Hypothesis strategies for what may come in to a definition.

Payloads are made from what the definition asks of them: a value for each path that some guard, claim or argument looks
at, drawn from those that make a difference (`engine.machine.domains`), and from any JSON now and then.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.machine.approvals import is_answer_name
from engine.machine.definition import Provisioner, Receive
from engine.machine.domains import MISSING
from engine.machine.explore import Explorer
from engine.machine.moves import Move
from engine.machine.questions import Question
from engine.model import Delivery, Event
from engine.sources.catalog import SOURCES
from engine.sources.examples import overlaid
from engine.testing.load import load_provisioner
from engine.testing.sources import payloads

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def events(source: Provisioner | Path | str, project: str | None = None) -> st.SearchStrategy[Event]:
    """Events of a definition, for its first entity: those that its transitions know, with payloads that they ask for."""
    explorer = Explorer(provisioner=_provisioner(source, project))
    machine = explorer.machine
    questions: list[Question] = []
    people: dict[str, None] = {}
    for state in machine.states:
        at = explorer.start(state)
        questions += [explorer.question(at, name) for name in explorer.events(at)]
        people.update(dict.fromkeys(name for asked in at.snapshot.awaits.values() for name in asked["from"]))
    unique = list({id(question): question for question in questions}.values())
    if not unique:
        return st.nothing()
    return st.one_of([_event(explorer, question, list(people)) for question in unique])


def _event(explorer: Explorer, question: Question, people: list[str]) -> st.SearchStrategy[Event]:
    """The event with a payload that it asks for; what a person answers says who, one who may or a stranger."""
    if is_answer_name(question.event):
        who = st.sampled_from([*people, "a stranger"])
        said = st.fixed_dictionaries(
            {"who": who, "comment": st.sampled_from(["", "fine"]) | st.text(max_size=8)}
        )
        return said.map(lambda answer: Event(name=question.event, entity=explorer.entity(), payload=answer))
    return st.builds(
        lambda payload, delivery: Event(
            name=question.event, entity=explorer.entity(), payload=payload, delivery=delivery
        ),
        _payload(question, "event"),
        _payload(question, "delivery"),
    )


def _payload(question: Question, root: str) -> st.SearchStrategy[dict[str, Any]]:
    paths = sorted(path for path in question.known if path[0] == root and len(path) > 1)
    values = {path: st.sampled_from(question.values_of(path)) | _json for path in paths}
    return st.fixed_dictionaries(values).map(_nested)


def _nested(chosen: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path in sorted(chosen, key=len):
        at = made
        for step in path[1:-1]:
            inner = at.get(step)
            if not isinstance(inner, dict):
                inner = at[step] = {}
            at = inner
        if chosen[path] is not MISSING and path[-1] not in at:
            at[path[-1]] = chosen[path]
    return made


def deliveries(
    source: Provisioner | Path | str, project: str | None = None, entities: tuple[str, ...] = ()
) -> st.SearchStrategy[Delivery]:
    """Deliveries of the kinds that a definition receives, bare or realistic; what it looks at names the `entities`."""
    provisioner = _provisioner(source, project)
    explorer = Explorer(provisioner=provisioner)
    keys = entities or (explorer.entity().id,)
    names = dict.fromkeys(t.event for t in provisioner.machine.transitions)
    made: list[st.SearchStrategy[Delivery]] = []
    for receive in provisioner.receives:
        questions = [q for q in _questions(explorer, names) if receive in q.receives]
        asked = [_payload(q, "event") for q in questions] or [st.just({})]
        made.append(_delivery(receive, st.one_of(asked), keys))
    return st.one_of(made)


def _questions(explorer: Explorer, names: Mapping[str, Any]) -> list[Question]:
    found = []
    for state in explorer.machine.states:
        at = explorer.start(state)
        found += [explorer.question(at, name) for name in explorer.events(at) if name in names]
    return found


def _delivery(
    receive: Receive, asked: st.SearchStrategy[dict[str, Any]], keys: tuple[str, ...]
) -> st.SearchStrategy[Delivery]:
    """What the definition asks for, alone or in a realistic payload, with a key in every text that `entity` looks at."""
    named = [r for r in receive.entity.references if r.root == "event" and r.steps]
    read = [tuple(map(str, r.steps)) for r in named]
    around: st.SearchStrategy[dict[str, Any]] = st.just({})
    if receive.source in SOURCES:
        around |= payloads(receive.source, receive.type, keys[:1])

    def build(around: dict[str, Any], asked: dict[str, Any], key: str, rest: str, number: int) -> Delivery:
        payload = overlaid(around, asked)
        for steps in read:
            at = payload
            for step in steps[:-1]:
                inner = at.get(step)
                if not isinstance(inner, dict):
                    inner = at[step] = {}
                at = inner
            at[steps[-1]] = key + rest
        return Delivery(
            source=receive.source,
            type=receive.type,
            id=f"delivery-{number}",
            received_at=datetime(2024, 1, 1, tzinfo=UTC),
            payload=payload,
        )

    rest = st.sampled_from((": work", ""))
    return st.builds(build, around, asked, st.sampled_from(keys), rest, st.integers(0, 2**32))


@st.composite
def walks(
    draw: st.DrawFn, source: Provisioner | Path | str, project: str | None = None, longest: int = 10
) -> tuple[Move, ...]:
    """Ways that the machine can go from its initial state: each move was really decided."""
    explorer = Explorer(provisioner=_provisioner(source, project))
    at = explorer.start()
    way: list[Move] = []
    for _ in range(draw(st.integers(0, longest))):
        moves = [move for move in explorer.moves(at).found if not move.quiet]
        if not moves:
            break
        way.append(draw(st.sampled_from(moves)))
        at = way[-1].after
    return tuple(way)


def _provisioner(source: Provisioner | Path | str, project: str | None) -> Provisioner:
    return source if isinstance(source, Provisioner) else load_provisioner(source, project)
