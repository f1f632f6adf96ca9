"""Events that can come to an instance: those that mean something where it is, with payloads that it asks for.

What `receive` blocks fire comes with a payload that one of them lets through, which is found out as in proofs
(`engine.machine.questions`). What only the machine itself sends does not come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from hypothesis import strategies as st

from engine.machine.approvals import is_answer_name
from engine.machine.atoms import Path
from engine.machine.definition import Receive
from engine.machine.explore import Explorer
from engine.machine.facts import nested
from engine.machine.moves import Configuration
from engine.machine.questions import Question
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
#: How often a payload is made of what the definition asks alone, and how often of anything else as well.
_ASKED_ALONE = (True, True, True, False)

#: Values by path.
_Chosen = Mapping[Path, Any]


@dataclass(kw_only=True)
class Coming:
    """What may come to the instances of one definition; it remembers what it found out."""

    explorer: Explorer
    #: What can be asked of an event anywhere.
    _anywhere: tuple[Question, ...] = field(init=False)
    #: All who are asked for an answer anywhere.
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
        self._people = tuple(people)

    @property
    def possible(self) -> bool:
        """Whether anything can come at all."""
        return bool(self._anywhere)

    def anything(self) -> st.SearchStrategy[Event]:
        """Any event of the definition, wherever an instance is."""
        return st.one_of([self._event(question, {}) for question in self._anywhere])

    def at(self, snapshot: Snapshot, now: datetime) -> st.SearchStrategy[Event]:
        """What comes where an instance is: most of the time it means something there."""
        here = self.explorer.configuration(snapshot, now)
        asked = self._questions(here)
        return self._mostly(here, asked) if asked else self.anything()

    def payloads(
        self, receive: Receive, snapshot: Snapshot | None = None
    ) -> st.SearchStrategy[dict[str, Any]]:
        """Payloads that one block looks at: most of them it lets through, and mean something where an instance is."""
        context: Mapping[str, Any] = {} if snapshot is None else snapshot.context
        here = () if snapshot is None else self._questions(self.explorer.configuration(snapshot))
        asked = [q for q in here if receive in q.receives]
        asked = asked or [q for q in self._anywhere if receive in q.receives]
        if not asked:
            return st.just({})
        return st.one_of([self._payload(question, receive, context) for question in asked])

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

    def _mostly(self, here: Configuration, asked: Sequence[Question]) -> st.SearchStrategy[Event]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Event:
            how = draw(st.sampled_from(_HOW_OFTEN))
            if how == "any":
                return draw(self.anything())
            question = draw(st.sampled_from(asked))
            found = self.explorer.answers.on(here, question.event).found if how == "moves" else ()
            moves = [one.event for one in found if not one.quiet]
            return draw(st.sampled_from(moves) if moves else self._event(question, here.snapshot.context))

        return drawn()

    def _event(self, question: Question, context: Mapping[str, Any]) -> st.SearchStrategy[Event]:
        """The event with a payload that it asks for; what a person answers says who, one who may or a stranger."""
        if is_answer_name(question.event):
            who = st.sampled_from([*self._people, STRANGER])
            said = st.fixed_dictionaries({"who": who, "comment": COMMENTS})
            return said.map(
                lambda answer: Event(name=question.event, entity=self.explorer.entity(), payload=answer)
            )

        @st.composite
        def made(draw: st.DrawFn) -> Event:
            receive = draw(st.sampled_from(self._sources(question)))
            chosen = draw(self._chosen(question, receive, context))
            return Event(
                name=question.event,
                entity=self.explorer.entity(),
                receive=None if receive is None else receive.key,
                payload=_below("event", chosen),
                delivery=_below("delivery", chosen),
            )

        return made()

    def _payload(
        self, question: Question, receive: Receive, context: Mapping[str, Any]
    ) -> st.SearchStrategy[dict[str, Any]]:
        any_at_all = _values(question, receive, context, {}).map(lambda chosen: _below("event", chosen))
        if not self._let_through(question, receive):
            return any_at_all
        let_through = self._chosen(question, receive, context).map(lambda chosen: _below("event", chosen))
        return st.one_of(let_through, let_through, let_through, any_at_all)

    def _chosen(
        self, question: Question, receive: Receive | None, context: Mapping[str, Any]
    ) -> st.SearchStrategy[_Chosen]:
        """Values for all that is asked of an event, with which the block fires it."""
        if receive is None:
            return _values(question, None, context, {})
        ways = self._let_through(question, receive)

        @st.composite
        def chosen(draw: st.DrawFn) -> _Chosen:
            if not draw(st.sampled_from(_ASKED_ALONE)):
                wild = draw(_values(question, receive, context, {}))
                if self._fires(question, receive, wild):
                    return wild
            way = draw(st.sampled_from(ways))
            more = draw(_values(question, receive, context, way))
            return more if self._fires(question, receive, more) else way

        return chosen()


@st.composite
def _values(
    draw: st.DrawFn, question: Question, receive: Receive | None, context: Mapping[str, Any], given: _Chosen
) -> _Chosen:
    """What is given, and a value for every other path that is asked for: one that makes a difference, or any JSON."""
    chosen = dict(given)
    asked = sorted((p for p in question.known if p[0] in _COME and len(p) > 1), key=lambda p: (len(p), p))
    around = {path[:length] for path in asked for length in range(2, len(path))}
    for path in asked:
        outside = (chosen.get(path[:length], _OBJECT) for length in range(2, len(path)))
        if path in chosen or not all(isinstance(value, Mapping) for value in outside):
            continue
        options = question.values_of(path, context, receive)
        values = st.sampled_from(options)
        if path[0] == "event":
            values |= _json
        chosen[path] = draw(st.builds(dict) | values if path in around else values)
    return chosen


#: What comes with an event.
_COME = ("event", "delivery")
_OBJECT: Mapping[str, Any] = {}


def _below(root: str, chosen: _Chosen) -> dict[str, Any]:
    return nested({path[1:]: value for path, value in chosen.items() if path[0] == root and len(path) > 1})
