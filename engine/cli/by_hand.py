"""Steps through a definition by hand: the terminal offers what can happen, and an answer makes it happen."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from engine.cli.telling import told_step
from engine.decide.simulate import Simulated, Situation, pass_time, simulate_event
from engine.frozen import frozen
from engine.machine.arrival import arrive
from engine.machine.compile import CompiledProvisioner
from engine.machine.course import Pause
from engine.machine.definition import Provisioner
from engine.machine.durations import seconds_of, text_of
from engine.machine.explore import Explorer
from engine.machine.masks import shown_context
from engine.machine.moves import NOW, Move
from engine.machine.sensitive import Sensitive
from engine.machine.story import test_block, told_event
from engine.machine.timers import next_due
from engine.machine.values import canonical, printable
from engine.model import Event, Snapshot

#: What stands between spaces that are in no quotes.
_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+')
_HELP = (
    "NUMBER            let it happen",
    "NUMBER NAME=VALUE the same with other values in its payload: 1 user.login=ada merged=true",
    'send EVENT JSON   any event with any payload: send merged {"user": "ada"}',
    "+72h              let time pass; timers that are due run out",
    "+                 let time pass until the next timer",
    "s                 show where it is: state, context, timers, clock",
    "u                 undo the last step",
    "t                 print all steps as a test",
    "q                 quit",
)


@frozen
class _Moment:
    """One point on the way, to come back to."""

    now: datetime
    situation: Situation
    #: The events that came, and the times that passed.
    course: tuple[Event | Pause, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Hand:
    provisioner: Provisioner
    compiled: CompiledProvisioner
    say: Callable[[str], None]
    explorer: Explorer
    given: Snapshot
    #: The last one is where it is.
    moments: list[_Moment] = field(default_factory=list)
    offered: tuple[Move, ...] = ()

    @property
    def at(self) -> _Moment:
        return self.moments[-1]

    @property
    def snapshot(self) -> Snapshot:
        return self.at.situation.snapshots[self.explorer.entity()]

    @property
    def hidden(self) -> Sensitive | None:
        """What is not to be shown."""
        return self.provisioner.machine.names.hidden

    # What is shown

    def offer(self) -> None:
        """Say where it is, and what can happen."""
        left = self.explorer.configuration(self.snapshot, self.at.now)
        moves = self.explorer.moves(left)
        self.offered = tuple(move for move in moves.found if move.event.name not in left.left)
        self.say("")
        choices = (_choice(n, move, self.hidden) for n, move in enumerate(self.offered, start=1))
        for line in (*self._place(), *choices):
            self.say(printable(line))
        for transition in moves.undecided:
            self.say(f'   - "{transition.event}" at {transition.span}: no payload for it could be made up')
        for line in self._timers():
            self.say(printable(line))
        if not self.offered and next_due(self.snapshot) is None:
            self.say("   nothing moves it from here")

    def _place(self) -> Iterator[str]:
        context = f", context {canonical(shown_context(self.snapshot))}" if self.snapshot.context else ""
        passed = self.at.now - NOW
        since = f", {text_of(passed)} after the start" if passed else ""
        yield f'{self.provisioner.name} is in "{self.snapshot.state}"{context}{since}'

    def _timers(self) -> Iterator[str]:
        for name, due in sorted(self.snapshot.timers.items(), key=lambda timer: timer[1]):
            yield f'   +) "{name}" in {text_of(datetime.fromisoformat(due) - self.at.now)}'

    def show(self) -> None:
        """Say all that is known of where it is."""
        self.say(printable(f'state   "{self.snapshot.state}"'))
        self.say(printable(f"context {canonical(shown_context(self.snapshot))}"))
        for past, states in self.snapshot.histories.items():
            self.say(printable(f'history "{past}" remembers "{states}"'))
        for line in self._timers() if self.snapshot.timers else ("   no timer is set",):
            self.say(printable(line))
        self.say(f"clock   {self.at.now:%Y-%m-%dT%H:%M:%SZ}")

    def as_test(self) -> None:
        """Say the way as a test."""
        lines = test_block(
            "by hand", self.given, self.at.course, self.snapshot.state, "where it came to", self.hidden
        )
        self.say("\n".join(lines))

    # What happens

    def come(self, event: Event) -> None:
        """Decide about an event."""
        one, after = simulate_event(self.compiled, self.at.situation, event, self.at.now)
        self._tell(one)
        course = (*self.at.course, event)
        self.moments.append(_Moment(now=self.at.now, situation=after, course=course))

    def choose(self, number: int, changes: Mapping[str, Any]) -> None:
        """Let what was offered happen, with other values in its payload."""
        event = self.offered[number - 1].event
        payload = copy.deepcopy(dict(event.payload))
        for path, value in changes.items():
            _put(payload, path.removeprefix("event.").split("."), value)
        self.come(replace(event, payload=payload))

    def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        until = self.at.now + span
        passed = pass_time(self.compiled, self.at.situation, until)
        for one in passed.decided:
            self.say(f'{text_of(one.at - NOW)} after the start: "{printable(one.event.name)}" runs out')
            self._tell(one)
        for reason in passed.ignored:
            self.say(reason)
        course = (*self.at.course, Pause(by=span))
        self.moments.append(_Moment(now=until, situation=passed.after, course=course))

    def _tell(self, one: Simulated) -> None:
        self.say("\n".join(f"  {line}" for line in told_step(one.decision.step)))


def step_by_hand(
    provisioner: Provisioner,
    compiled: CompiledProvisioner,
    start: Snapshot | None,
    ask: Callable[[str], str],
    say: Callable[[str], None],
) -> None:
    """Offer, ask and say until the user quits or the input ends."""
    explorer = Explorer(provisioner=provisioner)
    given = Snapshot(state=compiled.machine.initial) if start is None else start
    put = arrive(compiled.machine, given.state, given.context, explorer.entity(), NOW)
    begin = _Moment(now=NOW, situation=Situation(snapshots={explorer.entity(): put}))
    hand = _Hand(
        provisioner=provisioner,
        compiled=compiled,
        say=say,
        explorer=explorer,
        given=given,
        moments=[begin],
    )
    say("? lists what can be said.")
    hand.offer()
    while True:
        try:
            answer = ask("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if answer in {"q", "quit"}:
            return
        try:
            if _answered(hand, answer):
                hand.offer()
        except ValueError as problem:
            say(printable(f"{problem}; ? lists what can be said"))


def _answered(hand: _Hand, answer: str) -> bool:
    """Do what was said, and say whether it may be elsewhere now; `ValueError` says why it cannot be done."""
    word, _, rest = answer.partition(" ")
    simple = _SIMPLE.get(word)
    if simple is not None:
        return simple(hand)
    if word.startswith("+"):
        hand.pass_by(_span(hand, answer[1:].strip()))
    elif word == "send":
        name, _, payload = rest.strip().partition(" ")
        if not name:
            raise ValueError("send which event?")
        hand.come(Event(name=name, entity=hand.explorer.entity(), payload=_object(payload.strip() or "{}")))
    elif word.isdecimal() and 0 < int(word) <= len(hand.offered):
        hand.choose(int(word), _changes(rest))
    else:
        raise ValueError(f"{answer!r} is none of the choices")
    return True


def _help(hand: _Hand) -> bool:
    for line in _HELP:
        hand.say(line)
    return False


def _show(hand: _Hand) -> bool:
    hand.show()
    return False


def _test(hand: _Hand) -> bool:
    hand.as_test()
    return False


def _undo(hand: _Hand) -> bool:
    if len(hand.moments) == 1:
        raise ValueError("nothing happened yet")
    del hand.moments[-1]
    return True


#: What is said in one word; "b" (back) is what undo was called before.
_SIMPLE: Mapping[str, Callable[[_Hand], bool]] = {
    "": _help,
    "?": _help,
    "h": _help,
    "help": _help,
    "s": _show,
    "t": _test,
    "u": _undo,
    "undo": _undo,
    "b": _undo,
}


def _span(hand: _Hand, said: str) -> timedelta:
    if said:
        try:
            return timedelta(seconds=seconds_of(said))
        except ValueError as problem:
            raise ValueError(f"the time {problem}") from None
    timer = next_due(hand.snapshot)
    if timer is None:
        raise ValueError("no timer is set: say how long, as in +72h")
    return max(timer[0] - hand.at.now, timedelta())


def _choice(number: int, move: Move, hidden: Sensitive | None) -> str:
    told = told_event(move.event, hidden)
    with_what = f" with {', '.join(told)}" if told else ""
    stays = all(t.target is None for t in move.taken)
    to = "<end>" if move.ended else "stays" if stays else f'"{move.after.snapshot.state}"'
    return f'  {number:2}) "{move.event.name}"{with_what} -> {to}'


def _changes(said: str) -> dict[str, Any]:
    changes = {}
    for word in _WORD.findall(said):
        path, equals, value = word.partition("=")
        if not equals or not path:
            raise ValueError(f"{word!r} changes nothing: write NAME=VALUE")
        changes[path] = _value(value)
    return changes


def _value(said: str) -> Any:
    """A JSON value, or else the text itself."""
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return said


def _object(said: str) -> dict[str, Any]:
    value = _value(said)
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004 -- what was said is wrong, and is told like the rest
            f'{said!r} is no JSON object such as {{"user": "ada"}}'
        )
    return value


def _put(payload: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = payload.get(name)
        if not isinstance(inner, dict):
            inner = payload[name] = {}
        payload = inner
    payload[path[-1]] = value
