"""What happens in one step, round by round: transitions are chosen, states left and entered, values bound."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.machine import binding
from engine.machine.approvals import agreeing, heard, listed, parts_of, refusal
from engine.machine.by_itself import MOST_ROUNDS, Round, only_ends
from engine.machine.compile import CompiledMachine, candidate
from engine.machine.definition import ALWAYS, Action, Raise, Reaction, Transition
from engine.machine.expression import Expression
from engine.machine.reasons import HELD, HELD_BUT, HINDERED, LEFT_ALREADY, NO_GUARD, NOT_TRIED, judge, untaken
from engine.machine.timers import is_timer, raise_timer, raised_by
from engine.machine.tree import Configuration
from engine.machine.values import canonical, timestamp
from engine.model import END, Candidate, Effect, Event, Passage, Snapshot, Verdict

#: Of an endless loop this much is told: the rest is the same again.
_MOST_TOLD = 20


class EndlessError(Exception):
    """Transitions that wait for no event from outside follow one another without end."""


class HinderedError(Exception):
    """A transition whose guard holds cannot be evaluated; the message says which part of it and why."""


class Macrostep:
    """One step while it is made. Nothing of it counts if it raises."""

    __slots__ = (
        "_answered",
        "_coming",
        "_heard",
        "_later",
        "_names_of",
        "_reasons",
        "_scope",
        "at",
        "awaits",
        "context",
        "counted",
        "effects",
        "event",
        "fired",
        "handled",
        "histories",
        "listed",
        "machine",
        "moved",
        "now",
        "passed",
        "payload",
        "raised",
        "request",
        "request_masks",
        "snapshot",
        "timers",
    )  # fmt: skip

    def __init__(
        self, machine: CompiledMachine, snapshot: Snapshot, event: Event, now: datetime, at: Configuration
    ) -> None:
        """Begin where the snapshot is: `at` is its state."""
        self.machine = machine
        self.snapshot = snapshot
        self.event = event
        self.now = now
        self.at = at
        self.context = snapshot.context
        self.histories = snapshot.histories
        self.timers = snapshot.timers
        self.awaits = snapshot.awaits
        #: A transition would be taken if more people gave the answer.
        self.counted = False
        self.raised = snapshot.raised
        #: What is decided about at the moment: the event's name and payload, or those of one that followed from it.
        self.fired = event.name
        self.payload = event.payload
        #: What is called, without the backend's transition call, and what decorates that one.
        self.effects: list[Effect] = []
        self.request: dict[str, Any] = {}
        self.request_masks: dict[str, Any] = {}
        #: Every transition looked at.
        self.listed: list[Candidate] = []
        #: A transition other than to the end was taken, and one that leaves or enters a state.
        self.handled = False
        self.moved = False
        #: What it came through between the first configuration and the last.
        self.passed: list[Passage] = []
        #: Events that follow from what was done, by name and payload; those raised without any wait come after all others.
        self._coming: list[tuple[str, Any]] = []
        self._later: list[tuple[str, Any]] = []
        self._reasons: dict[int, str] = {}
        self._scope: dict[str, Any] | None = None
        #: The event when it is an answer, with those of others, whatever they say.
        self._heard: Mapping[str, Any] | None = None
        #: What it answers.
        self._answered: Mapping[str, Any] = {}
        self._names_of = machine.definition.names.remembering(snapshot.sensitive)

    def sensitive(self) -> Mapping[str, Sequence[str]]:
        """What of the context, and of the events that wait, is not to be shown."""
        hidden = self._names_of.hidden
        return {} if hidden is None else hidden.remembered(self.context, self.raised)

    def arrive(self) -> None:
        """Set the timers of the states the instance is in and ask what they ask, as if nothing were set and asked.

        Raises `HinderedError`.
        """
        self.timers, self.raised, self.awaits = {}, {}, {}
        try:
            for name in self.at.active:
                self._arm(name, self.at, self.at)
        except binding.CannotBindError as problem:
            raise HinderedError(str(problem)) from None

    def turn(self) -> None:
        """Turn to the event itself, after what followed from an arrival; a timer may have kept what it carries."""
        name, raised = self.event.name, raised_by(self.event.name) if is_timer(self.event) else None
        self.fired = name if raised is None else raised
        self.payload = self.event.payload if raised is None else self.raised.get(name, self.event.payload)

    def hear(self) -> tuple[Verdict, str] | None:
        """Take the event for an answer; the verdict, and why, if it is not to be decided; raises `HinderedError`."""
        state, choice = parts_of(self.event.name)
        said = {"who": "", "opened": None, **self.event.payload, "state": state, "choice": choice}
        opened = said["opened"]
        definition = self.machine.definition.states.get(state)
        asks = state in self.at.active and definition is not None and definition.awaits is not None
        if (
            asks and opened is None and state not in self.awaits
        ):  # the definition asks since the state was entered
            try:
                self._ask(state, self.at, self.at)
            except binding.CannotBindError as problem:
                raise HinderedError(str(problem)) from None
            opened = self.awaits[state]["opened"]
        asked = self.awaits.get(state) if asks else None
        refused = refusal(asked, {**said, "opened": opened}, self.at.text)
        if refused is None and asked is not None:
            answers = heard(asked, said)
            self._heard = {**said, "answers": answers}
            self.payload = {**said, "answers": agreeing(answers, choice)}
            self._answered = asked
        return refused

    def ask(self) -> tuple[str, ...]:
        """Ask what states ask that were entered before they did; which states. Raises `HinderedError`."""
        states = self.machine.definition.states
        new = [name for name in self.at.active if states[name].awaits is not None and name not in self.awaits]
        try:
            for name in new:
                self._ask(name, self.at, self.at)
        except binding.CannotBindError as problem:
            raise HinderedError(str(problem)) from None
        return tuple(new)

    @property
    def answered(self) -> bool:
        """Whether the event is an answer, and somebody is asked."""
        return self._heard is not None

    def keep_answer(self) -> None:
        """Keep an answer that counts and does not suffice; or, where one sufficed and its state stays, forget those."""
        if self._heard is None or self.awaits.get(self._heard["state"]) is not self._answered:
            return  # its state was left
        answers = self._heard["answers"]
        if not self.counted:  # what was taken needs no more voices; whoever gave it keeps the one they had
            answers = [a for a in self._answered["answers"] if a["choice"] != self._heard["choice"]]
        self.awaits = {**self.awaits, self._heard["state"]: {**self._answered, "answers": answers}}

    def settle(self) -> None:
        """Go on until nothing happens by itself any more; raises `EndlessError` or `HinderedError`."""
        before: Round | None = None
        for number in range(MOST_ROUNDS):
            if len(self.listed) >= _MOST_TOLD:
                round_ = self._round()
                if before is not None and round_.is_like(before):
                    break
                # Rounds further and further back: so every way round is found, however long it is.
                before = round_ if before is None or not number & (number - 1) else before
            if self.machine.eventless and not only_ends(self.react(ALWAYS, on="always")):
                continue
            queue = self._coming or self._later
            if not queue:
                return
            self.fired, self.payload = queue.pop(0)
            self.react(self.fired, on=self.fired)
        self.listed = [untaken(c) for c in self.listed[:_MOST_TOLD]]
        raise EndlessError

    def _round(self) -> "Round":
        """All that decides what happens next by itself."""
        events = ((self.fired, self.payload), *self._coming, (ALWAYS, None), *self._later)
        return Round(
            told=(
                self.at.text,
                canonical(self.context),
                canonical(self.histories),
                *(name for name, _ in events),
            ),
            payloads=tuple(payload for _, payload in events),
        )

    def react(self, name: str, on: str = "") -> tuple[Transition, ...]:
        """Take the transitions that an event enables, and say which; raises `HinderedError`."""
        machine, at = self.machine, self.at
        candidates = machine.candidates(at, name)
        if not candidates:
            return ()
        self._reasons = {}
        self._scope = None
        enabled = machine.choose(at, name, self._may_take)
        taken = enabled
        if len(enabled) > 1:
            taken = tuple(machine.tree.sorted_out(at, enabled, self.histories))
            for transition in enabled:
                if transition not in taken:
                    self._reasons[id(transition)] += f", but {LEFT_ALREADY}"
        try:
            self._take([t for t in taken if t.target != END])
        except binding.CannotBindError as problem:
            self._hinder(candidates, taken, str(problem), on)
        chosen = {id(t) for t in taken}
        self.listed += [self._told(t, taken=id(t) in chosen, on=on) for t in candidates]
        return taken

    def _told(self, transition: Transition, *, taken: bool, on: str) -> Candidate:
        reason = self._reasons.get(id(transition), NOT_TRIED)
        make = self.machine.told if reason in (NO_GUARD, NOT_TRIED) else candidate
        return make(transition, reason, taken=taken, on=on)

    def _hinder(
        self, candidates: Iterable[Transition], taken: Iterable[Transition], problem: str, on: str
    ) -> None:
        held = {id(t): f"{self._reasons[id(t)]}{HELD_BUT}{problem}" for t in taken}
        found = [
            candidate(t, {**self._reasons, **held}.get(id(t), HINDERED), taken=False, on=on)
            for t in candidates
        ]
        self.listed = [untaken(c) for c in self.listed] + found
        raise HinderedError("; ".join(c.reason for c in found)) from None

    def _may_take(self, transition: Transition) -> bool:
        """Whether the guard holds; the library asks."""
        known = self._reasons.get(id(transition))
        if known is not None:  # another region asked before
            return known.startswith(HELD)
        guard = transition.guard
        if guard is None:
            self._reasons[id(transition)] = NO_GUARD
            return self._suffices(transition)
        if self._scope is None:
            self._scope = self._names(self.at, None)
        held, self._reasons[id(transition)] = judge(guard, self._scope)
        return held and self._suffices(transition)

    def leads_here(self) -> str | None:
        """The state from which the event would lead to where the instance is; None if it leads here from nowhere.

        Guards are asked in each state's order with what is known now; one that cannot be evaluated does not hold.
        """
        rows = self.machine.leading_to(self.at, self.event.name)
        scope = self._names(self.at, None) if rows else {}
        for state, row in rows:
            would = next((t for t in row if t.guard is None or judge(t.guard, scope)[0]), None)
            if would is not None and self.machine.is_at(self.at, would):
                return state
        return None

    def _suffices(self, transition: Transition) -> bool:
        """Whether as many people gave the answer as a transition needs; if not, the answer counts."""
        if transition.needs == 1 or self._heard is None:
            return True
        agreed = [answer["who"] for answer in agreeing(self._heard["answers"], self._heard["choice"])]
        if len(agreed) >= transition.needs:
            return True
        before = self._reasons[id(transition)]
        who = f"{len(agreed)} of {transition.needs} people have answered so: {listed(agreed)}"
        self._reasons[id(transition)] = f"{who}; {before}"
        self.counted = True
        return False

    def _take(self, taken: list[Transition]) -> None:
        if not taken:
            return
        before, remembered = self.at, self.context
        move = self.machine.move(before, taken, self.histories)
        after = move.after
        self._scope = None
        reacts = self.machine.reacts
        if reacts:
            for name in move.left:
                self._react_to(self.machine.definition.states[name].on_exit, before, after)
                self._disarm(name)
        for transition in taken:
            self._set(transition.set, before, after)
            if transition.request:
                scope = self._bound(before, after)
                self.request |= binding.arguments("request", transition.request, scope)
                kept = {n: mask for n, mask in self.request_masks.items() if n not in transition.request}
                self.request_masks = kept | binding.masks(transition.request, scope)
            self._call(transition.actions, before, after)
            self._raise(transition.raises, before, after)
        for name in move.entered if reacts or move.completed else ():
            self._react_to(self.machine.definition.states[name].on_enter, before, after)
            self._arm(name, before, after)
            self._complete(name, move.completed.get(name, ()), before, after)
        if move.entered:
            if self.moved:
                self.passed.append(Passage(state=before.text, context=remembered))
            self.moved = True
        self.handled = True
        self.histories = move.histories
        self.at = after

    def _react_to(self, reaction: Reaction | None, before: Configuration, after: Configuration) -> None:
        if reaction is not None:
            self._set(reaction.set, before, after)
            self._call(reaction.actions, before, after)
            self._raise(reaction.raises, before, after)

    def _set(self, change: Expression | None, before: Configuration, after: Configuration) -> None:
        if change is not None:
            self.context = binding.merged(self.context, change, self._bound(before, after))
            self._scope = None

    def _call(self, actions: tuple[Action, ...], before: Configuration, after: Configuration) -> None:
        if actions:
            self.effects += binding.calls(actions, self._bound(before, after))

    def _raise(self, raises: tuple[Raise, ...], before: Configuration, after: Configuration) -> None:
        """Queue events, or set their timers; one that waits already is set anew, one that is taken back is gone."""
        for one in raises:
            scope = self._bound(before, after)
            timer = raise_timer(one.event)
            if one.cancels:
                self.timers = {event: due for event, due in self.timers.items() if event != timer}
                self._later = [(name, payload) for name, payload in self._later if name != one.event]
                continue
            if not binding.holds(one, scope):
                continue
            payload = self.payload if one.payload is None else binding.payload(one, scope)
            if one.delay is None:
                self._coming.append((one.event, payload))
                continue
            due = binding.raised_at(one, self.now, scope)
            if due is None:
                self._later.append((one.event, payload))
                continue
            self.timers = {**{event: d for event, d in self.timers.items() if event != timer}, timer: due}
            kept = {} if one.payload is None else {timer: payload}
            self.raised = {**{t: p for t, p in self.raised.items() if t != timer}, **kept}

    def _complete(
        self, name: str, events: tuple[str, ...], before: Configuration, after: Configuration
    ) -> None:
        """Queue the events of the states that a final state ends; the innermost one's carries what that state says."""
        payload = self.machine.definition.states[name].payload
        for position, event in enumerate(events):
            own = payload is not None and position == 0
            carried = binding.ending(name, payload, self._bound(before, after)) if own else self.payload
            self._coming.append((event, carried))

    def _arm(self, name: str, before: Configuration, after: Configuration) -> None:
        for timer in self.machine.definition.states[name].timers:
            due = binding.due(timer, self.now, self._bound(before, after))
            self.timers = {**self.timers, timer.event: due}
        if self.machine.definition.states[name].awaits is not None:
            self._ask(name, before, after)

    def _ask(self, name: str, before: Configuration, after: Configuration) -> None:
        """Open what a state asks; it is told by the version with which that was done."""
        states = self.machine.definition.states
        asked = states[name].awaits
        if asked is None:
            return
        people = binding.people(asked, self._bound(before, after))
        outer = (name, *self.machine.tree.around(name))
        own = {timer.event for state in outer for timer in states[state].timers}
        leaving = (t for t in self.machine.definition.transitions if t.target not in (None, END))
        opened = {
            "opened": self.snapshot.version + 1,
            "since": timestamp(self.now),
            "from": people,
            "choices": dict(asked.choices),
            "ends": [t.event for t in leaving if t.event in own],
            "answers": [],
        }
        self.awaits = {**self.awaits, name: opened}

    def _disarm(self, name: str) -> None:
        if name in self.awaits:
            self.awaits = {state: asked for state, asked in self.awaits.items() if state != name}
        own = {timer.event for timer in self.machine.definition.states[name].timers}
        if own:
            self.timers = {event: due for event, due in self.timers.items() if event not in own}

    def _bound(self, before: Configuration, after: Configuration) -> Mapping[str, Any]:
        """The scope of what is done between two configurations; made anew when the context has changed."""
        if self._scope is None:
            self._scope = self._names(after, before.text)
        return self._scope

    def _names(self, at: Configuration, previous: str | None) -> dict[str, Any]:
        event = self.event
        roots: dict[str, Any] = {
            "event": self.payload,
            "fired": self.fired,
            "delivery": event.delivery,
            "entity": {"id": event.entity.id, "project": event.entity.project},
            "state": at.text,
            "active": at.active,
            "context": self.context,
            "now": timestamp(self.now),
        }
        if previous is not None:
            roots["previous"] = previous
        return self._names_of.scope(**roots)
