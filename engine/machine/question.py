"""What may come in for a state and an event: the payloads that make a difference, as few as there can be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import partial
from typing import Any

from engine.errors import EvaluationError
from engine.frozen import frozen
from engine.language.types import ANY, Type, holds
from engine.language.values import truth
from engine.machine.atoms import Uses
from engine.machine.definition import Receive, covers, is_pattern
from engine.machine.domains import MISSING, representatives, stand_ins
from engine.machine.facts import Chooser
from engine.machine.own_events import own_payload
from engine.machine.payload_values import (
    Payloads,
    documented,
    fitting,
    goes_along,
    is_nowhere,
    is_there,
    nothing_known,
    shared,
    type_at,
)
from engine.machine.use import Path


@frozen
class Question:
    """All that is asked about the payload of one event in one state."""

    event: str
    uses: Uses
    #: Every path that may be asked for.
    known: frozenset[Path]
    #: The `receive` blocks that may fire it; `None` alone if it comes from elsewhere.
    receives: tuple[Receive | None, ...]
    #: Some guard or argument cannot be taken apart: a transition that no payload takes may still be taken.
    opaque: bool
    #: Why not all values that matter later are known to be tried; empty if they are.
    sampled: str = ""
    #: What is known of what comes in.
    payloads: Payloads = nothing_known
    #: Why not everybody is tried whom it may come to ask; empty if all are, as far as they make a difference.
    unnamed: str = ""
    _cache: dict[tuple[Path, bool], tuple[Any, ...]] = field(default_factory=dict)
    #: The same for payloads of one event type.
    _fitting: dict[tuple[str, str, Path], tuple[Any, ...]] = field(default_factory=dict)

    def runs(
        self, names: Callable[..., dict[str, Any]], context: Mapping[str, Any]
    ) -> Iterator[tuple[Chooser, Receive | None]]:
        """One chooser after the other, each run a payload that some `receive` block lets through.

        `names` makes a scope, and `context` is what the instance remembers. Between two runs the caller asks the
        chooser's facts whatever it wants to know.
        """
        for receive in self.receives:
            nowhere = partial(self._is_nowhere, receive)
            chooser = Chooser(partial(self._domain, context, receive), self.known, nowhere)
            while True:
                if receive is None or self.lets_through(receive, _scope(chooser, names)):
                    yield chooser, receive
                if not chooser.next():
                    break

    def named(self, chooser: Chooser, receive: Receive | None, names: Callable[..., dict[str, Any]]) -> str:
        """What the event of a run is called: a pattern means many, and a `receive` block may say which it is."""
        if receive is None or not is_pattern(self.event):
            return self.event
        return _fired(receive, self.event, _scope(chooser, names)) or self.event

    def lets_through(self, receive: Receive, scope: Mapping[str, Any]) -> bool:
        """Whether a block fires this very event, or one that its pattern means, for what its expressions see as `scope`."""
        try:
            if receive.when is not None and not truth(receive.when.evaluate(scope)):
                return False
        except EvaluationError:
            return False
        return _fired(receive, self.event, scope) is not None

    def values_of(
        self, path: Path, context: Mapping[str, Any] | None = None, receive: Receive | None = None
    ) -> tuple[Any, ...]:
        """The values that make a difference at a path; `MISSING` among them where it may be absent.

        `context` is what the instance remembers, and `receive` the block that it comes through: None = nothing, none.
        """
        return self._domain(context or {}, receive, path)

    def may_be(self, receive: Receive | None, path: Path, value: Any) -> bool:
        """Whether the sender of what this block receives may write a value at a path."""
        payload = self._payload(receive, path)
        if payload is None:
            return True
        return holds(type_at(payload, path[1:]), value) and not (
            value is None and goes_along(payload, path[1:])
        )

    def _domain(self, context: Mapping[str, Any], receive: Receive | None, path: Path) -> tuple[Any, ...]:
        if receive is not None and path == ("delivery", "source"):
            return (receive.source,)
        if receive is not None and path == ("delivery", "type"):
            return (receive.type,)
        if path == ("delivery", "received_at"):
            return ("2024-01-01T00:00:00Z",)
        use = self.uses.of.get(path)
        nobody = receive is None and self._payload(None, path) is None
        options = self._all(path) if nobody else self._of_sender(receive, path)
        for other in () if use is None else sorted(use.joined):
            value = look_up(context, other[1:]) if other[0] == "context" else MISSING
            if value is MISSING or not holds(self._type(receive, path), value):
                continue
            if not any(type(value) is type(o) and value == o for o in options):
                options = (value, *options)
        return options

    def _all(self, path: Path, *, whole: bool = False) -> tuple[Any, ...]:
        """The values of a path of which nothing is known but perhaps that its numbers are `whole`."""
        key = (path, whole)
        if key not in self._cache:
            self._cache[key] = representatives(path, self.uses.of.get(path), whole=whole)
        return self._cache[key]

    def _type(self, receive: Receive | None, path: Path) -> Type:
        """What a path can be in a payload which this block receives."""
        payload = self._payload(receive, path)
        return ANY if payload is None else type_at(payload, path[1:])

    def _payload(self, receive: Receive | None, path: Path) -> Type | None:
        if path[0] != "event":
            return None
        return own_payload(self.event) if receive is None else self.payloads(receive.source, receive.type)

    def _is_nowhere(self, receive: Receive | None, path: Path) -> bool:
        payload = self._payload(receive, path)
        return payload is not None and is_nowhere(payload, path[1:])

    def _of_sender(self, receive: Receive | None, path: Path) -> tuple[Any, ...]:
        """The values that a payload may have there which this block receives, those included that it is compared with."""
        key = ("", "", path) if receive is None else (receive.source, receive.type, path)
        payload = self._payload(receive, path)
        if self._is_nowhere(receive, path):
            return (MISSING,)
        if key not in self._fitting:
            use, found, inner = self.uses.of.get(path), self._type(receive, path), self._inner(path)
            options = self._fitted(path, found)
            for other in () if use is None else sorted((use.joined | use.ordered) & self.known):
                values = self._fitted(other, self._type(receive, other))
                options = shared(options, values, found, inner=inner)
            if payload is not None and goes_along(payload, path[1:]):
                # What is missing with its object is told by that, where it is asked for.
                sure = path[:-1] in self.known or is_there(payload, path[1:])
                options = tuple(v for v in options if v is not None and not (sure and v is MISSING))
            self._fitting[key] = options
        return self._fitting[key]

    def _fitted(self, path: Path, found: Type) -> tuple[Any, ...]:
        """The values of a path that is of this type."""
        use = self.uses.of.get(path)
        options = documented(self._all(path, whole=found.whole), found, stand_ins(path, use))
        return fitting(options, found, use, inner=self._inner(path))

    def _inner(self, path: Path) -> bool:
        """Whether it has parts that are asked for."""
        return any(len(p) > len(path) and p[: len(path)] == path for p in self.known)


def look_up(context: Any, steps: Path) -> Any:
    """What stands at a path of the context; `MISSING` if nothing does."""
    for step in steps:
        if not isinstance(context, Mapping) or step not in context:
            return MISSING
        context = context[step]
    return context


def _scope(chooser: Chooser, names: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return names(event=chooser.facts("event"), delivery=chooser.facts("delivery"))


def _fired(receive: Receive, event: str, scope: Mapping[str, Any]) -> str | None:
    """The name of what a block fires, if that is the event or one that a pattern means; else None."""
    try:
        fired = receive.fire.evaluate(scope)
    except EvaluationError:
        return None
    if fired == event:
        return event
    return fired if isinstance(fired, str) and is_pattern(event) and covers(event, fired) else None
