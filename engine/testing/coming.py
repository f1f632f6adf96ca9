"""Events that can come to an instance: those that mean something where it is, with payloads that it asks for.

What `receive` blocks fire comes with a payload that one of them lets through, which is found out as in proofs
(`engine.machine.questions`). What only the machine itself sends does not come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from hypothesis import strategies as st

from engine.machine.approvals import is_answer_name
from engine.machine.definition import Receive
from engine.machine.explore import Explorer
from engine.machine.facts import nested
from engine.machine.moves import Configuration
from engine.machine.question import Question
from engine.machine.use import Path
from engine.model import Event, Snapshot

#: Nobody who may answer.
STRANGER = "a stranger"
#: What people say to their answers.
COMMENTS = st.sampled_from(["", "fine"]) | st.text(max_size=8)

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)

#: So many payloads that a `receive` block lets through are found, to make others of.
_MOST_WAYS = 50

#: How often something comes that moves the instance, that means something where it is, and that may mean nothing there.
_HOW_OFTEN = ("moves", "moves", "moves", "means", "means", "any")
#: How often a payload is made of one that is let through.
_LET_THROUGH = (True, True, True, False)
#: How often a value is one of those that make a difference.
_LIKELY = (True, True, False)

#: What comes with an event.
_COME = ("event", "delivery")

#: Values by path.
_Chosen = Mapping[Path, Any]
_OBJECT: Mapping[Any, Any] = {}

_Value = TypeVar("_Value")


@dataclass(kw_only=True)
class Coming:
    """What may come to the instances of one definition; it remembers what it found out."""

    explorer: Explorer
    #: What can be asked of an event anywhere.
    _anywhere: tuple[Question, ...] = field(init=False)
    #: All who are asked for an answer anywhere, as far as the definition names them.
    _people: tuple[str, ...] = field(init=False)
    #: The least payloads that a block lets through, by question.
    _ways: dict[tuple[int, int], tuple[_Chosen, ...]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        questions: list[Question] = []
        people: dict[str, None] = {}
        for state in self.explorer.machine.states:
            at = self.explorer.start(state)
            questions += self._questions(at)
            people.update(dict.fromkeys(n for asked in at.snapshot.awaits.values() for n in asked["from"]))
        self._anywhere = tuple({id(question): question for question in questions}.values())
        people.update(dict.fromkeys(self.explorer.answers.named))
        self._people = tuple(people)

    @property
    def possible(self) -> bool:
        """Whether anything can come at all."""
        return bool(self._anywhere)

    def anywhere(self, draw: st.DrawFn) -> Event:
        """Any event of the definition, wherever an instance is."""
        return self._event(draw, _pick(draw, self._anywhere), {})

    def at(self, draw: st.DrawFn, snapshot: Snapshot, now: datetime) -> Event:
        """What comes where an instance is: most of the time it means something there."""
        here = self.explorer.configuration(snapshot, now)
        asked = self._questions(here)
        how = _pick(draw, _HOW_OFTEN)
        if how == "any" or not asked:
            return self.anywhere(draw)
        question = _pick(draw, asked)
        found = self.explorer.answers.on(here, question.event).found if how == "moves" else ()
        moves = [one.event for one in found if not one.quiet]
        return _pick(draw, moves) if moves else self._event(draw, question, snapshot.context)

    def payload(self, draw: st.DrawFn, receive: Receive, snapshot: Snapshot | None) -> dict[str, Any]:
        """What one block looks at: most of the time it lets it through, and it means something where an instance is."""
        context: Mapping[str, Any] = {} if snapshot is None else snapshot.context
        here = () if snapshot is None else self._questions(self.explorer.configuration(snapshot))
        asked = [q for q in here if receive in q.receives]
        asked = asked or [q for q in self._anywhere if receive in q.receives]
        if not asked:
            return {}
        question = _pick(draw, asked)
        may = bool(self._let_through(question, receive)) and _pick(draw, _LET_THROUGH)
        chosen = self._chosen if may else self._values
        return _below("event", chosen(draw, question, receive, context))

    def _questions(self, at: Configuration) -> list[Question]:
        """What can be asked there of the events that can come at all."""
        asked = [self.explorer.question(at, name) for name in self.explorer.events(at)]
        return [q for q in asked if is_answer_name(q.event) or self._sources(q)]

    def _sources(self, question: Question) -> list[Receive | None]:
        """The blocks that let some payload through for an event; None in their place if it does not come of deliveries."""
        return [one for one in question.receives if one is None or self._let_through(question, one)]

    def _let_through(self, question: Question, receive: Receive) -> tuple[_Chosen, ...]:
        """Values with which a block fires the event, one for each way in which it may come to do so."""
        key = (id(question), id(receive))
        if key not in self._ways:
            runs = replace(question, receives=(receive,)).runs(self.explorer.machine.names.scope, {})
            ways = (dict(chooser.chosen) for chooser, _ in islice(runs, _MOST_WAYS))
            self._ways[key] = tuple(way for way in ways if self._fires(question, receive, way))
        return self._ways[key]

    def _fires(self, question: Question, receive: Receive, chosen: _Chosen) -> bool:
        scope = self.explorer.machine.names.scope(
            event=_below("event", chosen), delivery=_below("delivery", chosen)
        )
        return question.lets_through(receive, scope)

    def _event(self, draw: st.DrawFn, question: Question, context: Mapping[str, Any]) -> Event:
        """The event with a payload that it asks for; what a person answers says who, one who may or a stranger."""
        entity = self.explorer.entity()
        if is_answer_name(question.event):
            said = {"who": _pick(draw, (*self._people, STRANGER)), "comment": draw(COMMENTS)}
            return Event(name=question.event, entity=entity, payload=said)
        receive = _pick(draw, self._sources(question))
        chosen = self._chosen(draw, question, receive, context)
        return Event(
            name=question.event,
            entity=entity,
            receive=None if receive is None else receive.key,
            payload=_below("event", chosen),
            delivery=_below("delivery", chosen),
        )

    def _chosen(
        self, draw: st.DrawFn, question: Question, receive: Receive | None, context: Mapping[str, Any]
    ) -> _Chosen:
        """Values for all that is asked of an event, with which the block fires it."""
        if receive is None:
            return self._values(draw, question, None, context)
        if not _pick(draw, _LET_THROUGH):
            chosen = self._values(draw, question, receive, context)
            if self._fires(question, receive, chosen):
                return chosen
        way = _pick(draw, self._let_through(question, receive))
        more = self._values(draw, question, receive, context, way)
        return more if self._fires(question, receive, more) else way

    def _values(
        self,
        draw: st.DrawFn,
        question: Question,
        receive: Receive | None,
        context: Mapping[str, Any],
        given: _Chosen = _OBJECT,
    ) -> _Chosen:
        """What is given, and for every other path that is asked for one that makes a difference, or any that its sender may write."""
        chosen = dict(given)
        asked = sorted((p for p in question.known if p[0] in _COME and len(p) > 1), key=lambda p: (len(p), p))
        around = {path[:length] for path in asked for length in range(2, len(path))}
        for path in asked:
            outside = (chosen.get(path[:length], _OBJECT) for length in range(2, len(path)))
            if path in chosen or not all(isinstance(value, Mapping) for value in outside):
                continue
            if path[0] == "event" and not _pick(draw, _LIKELY):
                value = draw(_json)
                if question.may_be(receive, path, value):
                    chosen[path] = value
                    continue
            options = question.values_of(path, context, receive)
            chosen[path] = _pick(draw, ({}, *options) if path in around else options)
        return chosen


@st.composite
def events_at(draw: st.DrawFn, coming: Coming, snapshot: Snapshot, now: datetime) -> Event:
    """What comes where an instance is: most of the time it means something there."""
    return coming.at(draw, snapshot, now)


@st.composite
def events_anywhere(draw: st.DrawFn, coming: Coming) -> Event:
    """Any event of a definition, wherever an instance is."""
    return coming.anywhere(draw)


@st.composite
def payloads_for(
    draw: st.DrawFn, coming: Coming, receive: Receive, snapshot: Snapshot | None = None
) -> dict[str, Any]:
    """What a `receive` block looks at; with a snapshot, what means something there if anything does."""
    return coming.payload(draw, receive, snapshot)


def _pick(draw: st.DrawFn, options: Sequence[_Value]) -> _Value:
    """One of them; a strategy of its own for each choice would take longer than all the rest."""
    return options[draw(st.integers(0, len(options) - 1))] if len(options) > 1 else options[0]


def _below(root: str, chosen: _Chosen) -> dict[str, Any]:
    return nested({path[1:]: value for path, value in chosen.items() if path[0] == root and len(path) > 1})
