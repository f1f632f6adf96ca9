"""What is told apart of an instance: two snapshots with one place have the same future, but for how much is left of timers. Pure."""

from collections.abc import Iterable
from typing import Any

from engine.machine.classes import class_of, rough_class
from engine.machine.counters import place_of
from engine.machine.domains import MISSING
from engine.machine.flows import Flows
from engine.machine.people import People
from engine.machine.question import look_up
from engine.machine.use import Path
from engine.machine.values import canonical
from engine.model import Snapshot


class Places:
    """Names places of one machine."""

    def __init__(self, flows: Flows, people: People) -> None:
        """Take what the machine remembers and asks of that, and who makes a difference to it."""
        self._flows = flows
        self._people = people
        #: The parts of the context that decide anything.
        self.remembered: tuple[Path, ...] = tuple(sorted(flows.values | flows.kinds))
        #: What was found out about single values that are remembered: the same ones come again and again.
        self._classes: dict[tuple[Path, type, Any], str] = {}

    def of(self, snapshot: Snapshot, pending: Iterable[str]) -> str:
        """All that makes a difference about a snapshot with these timers."""
        told = [snapshot.state, *sorted(pending)]
        told += [canonical(dict(kept)) if kept else "" for kept in (snapshot.histories, snapshot.raised)]
        told.append(canonical(self._people.standing(snapshot)) if snapshot.awaits else "")
        for path in self.remembered:
            value = look_up(snapshot.context, path[1:])
            if value is MISSING:
                told.append("")
                continue
            mark = (path, type(value), value) if isinstance(value, str | int) else None
            known = None if mark is None else self._classes.get(mark)
            if known is None:
                known = self._class(path, value)
                if mark is not None:
                    self._classes[mark] = known
            told.append(known)
        return "\n".join(told)

    def _class(self, path: Path, value: Any) -> str:
        """What makes a difference about a value that is remembered."""
        if path in self._flows.counted:
            return place_of(self._flows.asked.of[path], self._flows.counted[path], value)
        if path in self._flows.classed:
            return class_of(self._flows.asked.of[path], value)
        return canonical(value) if path in self._flows.values else rough_class(value)
