"""Hypothesis strategies for what may come in to a definition, and for the time that passes.

Payloads are made from what the definition asks of them: a value for each path that some guard, claim or argument looks
at, drawn from those that make a difference (`engine.machine.domains`), and now and then from any JSON that its sender may
write there. Times are those at which its timers run out, to the moment and close by.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.errors import EvaluationError
from engine.machine.approvals import event_name
from engine.machine.definition import Machine, Provisioner, Receive
from engine.machine.doubted import doubting
from engine.machine.durations import seconds_of
from engine.machine.explore import Explorer
from engine.machine.expression import Expression
from engine.machine.moves import Move
from engine.model import Delivery, Entity, Event, Snapshot
from engine.sources.catalog import SOURCES
from engine.sources.examples import overlaid
from engine.sources.payload_types import known_payload
from engine.testing.coming import COMMENTS, STRANGER, Coming, events_anywhere, payloads_for
from engine.testing.load import load_provisioner
from engine.testing.sources import payloads

#: How far from the moment at which a timer is due something may happen that makes a difference.
CLOSE = (
    timedelta(),
    timedelta(microseconds=-1),
    timedelta(microseconds=1),
    timedelta(milliseconds=-1),
    timedelta(milliseconds=1),
)
#: For timers whose delay is made of an event, or of what is remembered.
_SOME_WAITS = tuple(map(timedelta, (0, 0, 1, 7), (1, 3600, 0, 0)))
#: Values of `once_per` and `ordered_by`: few, so that some come twice, and some out of order.
_TIMES = tuple(f"2024-01-01T0{hour}:00:00Z" for hour in range(1, 4))
_NUMBERS = (1, 2, 3)


def events(source: Provisioner | Path | str, project: str | None = None) -> st.SearchStrategy[Event]:
    """Events of a definition, for its first entity: those that its transitions know, with payloads that they ask for.

    What a `receive` block fires has a payload that one of them lets through.
    """
    coming = Coming(explorer=_explorer(_provisioner(source, project)))
    return events_anywhere(coming) if coming.possible else st.nothing()


@st.composite
def answers(draw: st.DrawFn, entity: Entity, snapshot: Snapshot) -> Event:
    """What somebody, who may or may not, answers to one of the approvals of a snapshot that has some."""
    state = draw(st.sampled_from(sorted(snapshot.awaits)), label="what is asked")
    asked = snapshot.awaits[state]
    choice = draw(st.sampled_from(list(asked["choices"])), label="the answer")
    who = draw(st.sampled_from([*asked["from"], STRANGER]), label="who")
    payload = {"who": who, "comment": draw(COMMENTS, label="comment")}
    return Event(name=event_name(state, choice), entity=entity, payload=payload)


def waits(source: Provisioner | Path | str, project: str | None = None) -> st.SearchStrategy[timedelta]:
    """Times that pass: as long as the timers of a definition wait, a little less, a little more, and any other."""
    delays = sorted(set(_delays(_provisioner(source, project).machine)))
    exact = [delay + off for off in CLOSE for delay in delays if delay + off > timedelta()]
    return st.sampled_from(exact) | st.timedeltas(timedelta(), 2 * delays[-1])


def _delays(machine: Machine) -> Iterator[timedelta]:
    """How long its timers wait, as far as that is the same at every time; some times if it is for none."""
    delays = [timer.delay for state in machine.states.values() for timer in state.timers]
    delays += [raised.delay for raised in machine.raises() if raised.delay is not None]
    known = [lasts for delay in delays if (lasts := _constant(machine, delay))]
    yield from known
    if len(known) < len(delays) or not delays:
        yield from _SOME_WAITS


def _constant(machine: Machine, delay: Expression) -> timedelta | None:
    try:
        return timedelta(seconds=seconds_of(delay.evaluate(machine.names.scope())))
    except (EvaluationError, ValueError):
        return None


def deliveries(
    source: Provisioner | Path | str,
    project: str | None = None,
    entities: tuple[str, ...] = (),
    *,
    realistic: bool = True,
) -> st.SearchStrategy[Delivery]:
    """Deliveries of the kinds that a definition receives, bare or `realistic`; what it looks at names the `entities`."""
    provisioner = _provisioner(source, project)
    coming = Coming(explorer=_explorer(provisioner))
    keys = entities or (coming.explorer.entity().id,)
    received = provisioner.receives
    return st.one_of([delivery_to(r, payloads_for(coming, r), keys, realistic=realistic) for r in received])


def delivery_to(
    receive: Receive,
    asked: st.SearchStrategy[dict[str, Any]],
    keys: tuple[str, ...],
    *,
    realistic: bool = False,
) -> st.SearchStrategy[Delivery]:
    """What the definition asks for, alone or in a realistic payload, with a key in every text that `entity` looks at.

    What `once_per` and `ordered_by` look at has few values, whatever guards ask of it: deliveries come twice, and late.
    """
    read = _paths(receive.entity)
    told: dict[tuple[str, ...], st.SearchStrategy[Any]] = {}
    for expression, some in ((receive.once_per, _NUMBERS), (receive.ordered_by, _TIMES)):
        if expression is not None:
            told |= {path: st.sampled_from(some) for path in _paths(expression)}
    around: st.SearchStrategy[dict[str, Any]] = st.just({})
    if realistic and receive.source in SOURCES:
        around |= payloads(receive.source, receive.type, keys[:1])

    def build(
        around: dict[str, Any],
        asked: dict[str, Any],
        order: dict[tuple[str, ...], Any],
        key: str,
        rest: str,
        number: int,
    ) -> Delivery:
        payload = overlaid(around, asked)
        for steps, value in (*order.items(), *((steps, key + rest) for steps in read)):
            _put(payload, steps, value)
        return Delivery(
            source=receive.source,
            type=receive.type,
            id=f"delivery-{number}",
            received_at=datetime(2024, 1, 1, tzinfo=UTC),
            payload=payload,
        )

    rest = st.sampled_from((": work", ""))
    order = st.fixed_dictionaries(told)
    return st.builds(build, around, asked, order, st.sampled_from(keys), rest, st.integers(0, 2**32))


def _paths(expression: Expression) -> list[tuple[str, ...]]:
    """The members of the payload that an expression reads."""
    return [tuple(map(str, r.steps)) for r in expression.references if r.root == "event" and r.steps]


def _put(payload: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    for step in steps[:-1]:
        inner = payload.get(step)
        if not isinstance(inner, dict):
            inner = payload[step] = {}
        payload = inner
    payload[steps[-1]] = value


@st.composite
def walks(
    draw: st.DrawFn, source: Provisioner | Path | str, project: str | None = None, longest: int = 10
) -> tuple[Move, ...]:
    """Ways that the machine can go from its initial state: each move was really decided."""
    explorer = _explorer(_provisioner(source, project))
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


def _explorer(provisioner: Provisioner) -> Explorer:
    return Explorer(provisioner=provisioner, payloads=doubting(known_payload, provisioner))
