"""Which guards can be true, alone and after those that come before them, for any payload and any memory. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from typing import Any, Final

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language.values import truth
from engine.machine.answers import MOST_RUNS
from engine.machine.definition import ALWAYS, Kind, Transition
from engine.machine.explore import Explorer
from engine.machine.expression import Expression
from engine.machine.facts import Chooser
from engine.machine.moves import NOW, Configuration
from engine.machine.payload_values import Payloads, nothing_known
from engine.machine.sensitive import Sensitive
from engine.machine.space import Space
from engine.machine.values import timestamp
from engine.model import AWAIT, END, Event

#: What an expression may look at whose value is known as soon as something has come in.
_COMES_IN = frozenset({"event", "delivery", "var", "local"})

#: With more candidates than this for one event, pairs are not looked at.
_MOST_PAIRED = 12


@frozen
class Overlap:
    """Two candidates whose guards both hold for one event: the first one is taken."""

    first: Transition
    second: Transition
    state: str
    #: An event for which both hold.
    witness: Event
    #: What the instance remembers there, as far as it was asked.
    context: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Candidacy:
    """What is known of one transition, over all states in which it is a candidate."""

    transition: Transition
    #: Its guard came out true, or not.
    true: bool = False
    false: bool = False
    #: It held where none before it did.
    first: bool = False
    #: It held, and all that it does could be evaluated, as far as that is known beforehand.
    works: bool = False
    #: Everything that can make a difference was tried.
    exact: bool = True

    @property
    def hindered(self) -> bool:
        """Whether something that it does can never be evaluated, wherever and whatever is remembered."""
        return self.exact and self.true and not self.works


@dataclass(slots=True, kw_only=True)
class Guards:
    """What is known of all guards of a machine."""

    candidacies: dict[int, Candidacy] = field(default_factory=dict)
    #: One for each pair of transitions.
    overlaps: dict[tuple[int, int], Overlap] = field(default_factory=dict)
    #: Those that occur nowhere, though they say why one is never taken.
    nowhere: set[tuple[int, int]] = field(default_factory=set)
    #: What of events and contexts is not to be shown; None = all may be.
    hidden: Sensitive | None = None
    #: What is known of what comes in.
    payloads: Payloads = nothing_known

    def of(self, transition: Transition) -> Candidacy:
        """What is known of a transition."""
        return self.candidacies.setdefault(id(transition), Candidacy(transition=transition))


def look_at_guards(explorer: Explorer) -> Guards:
    """Try everything that makes a difference to some guard."""
    found = Guards(hidden=explorer.machine.names.hidden, payloads=explorer.payloads)
    done: set[tuple[int, ...]] = set()
    parallel = any(state.kind is Kind.PARALLEL for state in explorer.machine.states.values())
    for (state, event), candidates in explorer.compiled.table.items():
        reads_state = any(_reads(explorer, t, "state") for t in candidates)
        mark = tuple(map(id, candidates))
        if mark in done and not reads_state:
            continue
        done.add(mark)
        look = _Look(explorer=explorer, found=found, state=state, event=event, candidates=candidates)
        look.all()
        for transition in candidates:
            if explorer.answers.may_follow(transition.event) or _reads(
                explorer, transition, "active", "fired"
            ):
                found.of(transition).exact = False  # more than what comes in decides what it sees
        if parallel and reads_state:  # the names of all regions together are more than one state's
            for transition in candidates:
                found.of(transition).exact = False
    return found


@dataclass(slots=True, kw_only=True)
class _Look:
    """The candidates of one event in one state."""

    explorer: Explorer
    found: Guards
    state: str
    event: str
    candidates: tuple[Transition, ...]

    def all(self) -> None:
        for transition in self.candidates:
            candidacy = self.found.of(transition)
            for scope, _ in self._scopes(candidacy):
                if _holds(transition, scope):
                    candidacy.true = True
                else:
                    candidacy.false = True
                if candidacy.true and candidacy.false:
                    break
            candidacy.works |= self._works(transition)
        for number, transition in enumerate(self.candidates):
            candidacy = self.found.of(transition)
            before = [t for t in self.candidates[:number] if t.needs <= transition.needs]
            for scope, _ in self._scopes(candidacy):
                if not any(_holds(t, scope) for t in before) and _holds(transition, scope):
                    candidacy.first = True
                    break
        if len(self.candidates) <= _MOST_PAIRED:
            for first, second in combinations(self.candidates, 2):
                self._pair(first, second)

    def _works(self, transition: Transition) -> bool:
        """Whether all that it does can be evaluated somewhere where its guard holds, or nobody knows before it is done."""
        explorer = self.explorer
        if str(transition.span) not in explorer.answers.judged.hindered or transition.target == END:
            return True
        read = [e for e in _done_by(transition) if explorer.reads(e) <= _COMES_IN]
        return not read or any(
            _holds(transition, scope) and all(_can(one, scope) for one in read)
            for scope, _ in self._scopes(None)
        )

    def _pair(self, first: Transition, second: Transition) -> None:
        key = (id(first), id(second))
        if first.guard is None or second.guard is None or key in self.found.overlaps:
            return
        for scope, chooser in self._scopes(None):
            if _holds(second, scope) and _holds(first, scope):
                self.found.overlaps[key] = Overlap(
                    first=first,
                    second=second,
                    state=self.state,
                    witness=Event(
                        name=self.event,
                        entity=self.explorer.entity(),
                        payload=chooser.payload("event"),
                        delivery=chooser.payload("delivery"),
                    ),
                    context=chooser.payload("context"),
                )
                return

    def _scopes(self, candidacy: Candidacy | None) -> Iterator[tuple[dict[str, Any], Chooser]]:
        """A scope for each combination of values; what was left out is noted."""
        explorer = self.explorer
        names = explorer.machine.names.scope
        question = explorer.answers.question_about(self.event, self.candidates)
        if candidacy is not None and (question.opaque or question.uses.opaque_context or question.sampled):
            candidacy.exact = False
        for runs, (chooser, _) in enumerate(question.runs(names, {})):
            if runs >= MOST_RUNS:
                if candidacy is not None:
                    candidacy.exact = False
                return
            entity = explorer.entity()
            yield (
                names(
                    event=chooser.facts("event"),
                    delivery=chooser.facts("delivery"),
                    entity={"id": entity.id, "project": entity.project},
                    state=self.state,
                    context=chooser.facts("context"),
                    now=timestamp(NOW),
                ),
                chooser,
            )


#: The most payloads that are tried to find an event for an overlap where the machine really comes to.
_MOST_TRIED = 10_000


def keep_reached(explorer: Explorer, space: Space, found: Guards) -> None:
    """Let overlaps that depend on the memory be shown with what is remembered somewhere, and drop all that are nowhere.

    `space` is all that can happen.
    """
    for key, overlap in list(found.overlaps.items()):
        pair = (overlap.first, overlap.second)
        if overlap.witness.name.startswith(AWAIT):
            continue
        if overlap.witness.name == ALWAYS or explorer.answers.may_follow(overlap.witness.name):
            continue  # what is remembered on the way is not listed
        places = {c.place: c for c in space.configurations.values()}
        if not any(_reads(explorer, t, "context") for t in pair):
            if not any(
                _is_decided(explorer, overlap, c) for c in places.values()
            ):  # none rests where it would come
                found.nowhere.add(key)
            continue
        tries = (one for c in places.values() for one in _both_hold(explorer, overlap, c))
        shown = next((one for one in islice(tries, _MOST_TRIED) if one is not None), None)
        if shown is not None:
            found.overlaps[key] = shown
        elif next(tries, _NOTHING) is _NOTHING:
            del found.overlaps[key]


_NOTHING: Final = object()


def _is_decided(explorer: Explorer, overlap: Overlap, at: Configuration) -> bool:
    """Whether both are candidates for the event where the instance rests."""
    candidates = set(map(id, explorer.answers.candidates(at, overlap.witness.name)))
    return {id(overlap.first), id(overlap.second)} <= candidates


def _both_hold(explorer: Explorer, overlap: Overlap, at: Configuration) -> Iterator[Overlap | None]:
    """For each payload that is tried in one place the overlap, with that as its event; None where not both hold."""
    event = overlap.witness.name
    if not _is_decided(explorer, overlap, at):
        return
    names, entity = explorer.machine.names.scope, explorer.entity()
    active = explorer.compiled.configuration(at.snapshot.state)
    for chooser, _ in explorer.answers.question(at, event).runs(names, at.snapshot.context):
        scope = names(
            event=chooser.facts("event"),
            delivery=chooser.facts("delivery"),
            fired=event,
            entity={"id": entity.id, "project": entity.project},
            state=at.snapshot.state,
            active=() if active is None else active.active,
            context=at.snapshot.context,
            now=timestamp(NOW),
        )
        if not (_holds(overlap.second, scope) and _holds(overlap.first, scope)):
            yield None
            continue
        witness = Event(
            name=event,
            entity=entity,
            payload=chooser.payload("event"),
            delivery=chooser.payload("delivery"),
        )
        context = {name: at.snapshot.context.get(name) for name in overlap.context}
        yield replace(overlap, state=at.snapshot.state, witness=witness, context=context)


def _holds(transition: Transition, scope: dict[str, Any]) -> bool:
    if transition.guard is None:
        return True
    try:
        return truth(transition.guard.evaluate(scope)) is True
    except EvaluationError:
        return False


def _done_by(transition: Transition) -> Iterator[Expression]:
    """What is evaluated whenever it is taken."""
    if transition.set is not None:
        yield transition.set
    yield from transition.request.values()
    yield from (e for action in transition.actions for e in action.arguments.values())


def _can(expression: Expression, scope: dict[str, Any]) -> bool:
    try:
        expression.evaluate(scope)
    except EvaluationError:
        return False
    return True


def _reads(explorer: Explorer, transition: Transition, *roots: str) -> bool:
    return transition.guard is not None and not explorer.reads(transition.guard).isdisjoint(roots)
