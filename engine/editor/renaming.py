"""The old name of a state and the new one: what a text that names states has to be afterwards."""

from typing import Any

from engine.machine.definition import TOGETHER
from engine.model import AFTER, AWAIT, DONE_STATE


class Renaming:
    """The old name of a state, or of what is in it, to the new one, in some projects."""

    def __init__(self, projects: frozenset[str], old: str, name: str, *, aliased: bool) -> None:
        """Take the full name and the own one that it gets."""
        self.aliased = aliased
        self.projects = projects
        self.old = old
        around = old.rpartition(".")[0]
        self.new = f"{around}.{name}" if around else name

    def state(self, name: str | None) -> str | None:
        """What a state is called afterwards, or several at once are in the same order."""
        if name is None:
            return None
        return TOGETHER.join(self._one(part) for part in name.split(TOGETHER))

    def target(self, name: str | None) -> str | None:
        """A target, of which several states are sorted by their names."""
        new = self.state(name)
        return None if new is None else TOGETHER.join(sorted(new.split(TOGETHER)))

    def _one(self, name: str) -> str:
        return (
            self.new + name[len(self.old) :] if name == self.old or name.startswith(f"{self.old}.") else name
        )

    def status(self, name: str, status: str | None) -> str | None:
        """Without an `aliasmapper` the backend calls a state what it is called here."""
        return self.state(status) if status == name and not self.aliased else status

    def event(self, name: str) -> str:
        """What an event is called afterwards that may be called after a state."""
        if name.startswith(DONE_STATE):
            return DONE_STATE + self._one(name.removeprefix(DONE_STATE))
        for kind in (AFTER, AWAIT):
            if name.startswith(kind):
                full, dot, last = name.removeprefix(kind).rpartition(".")
                return kind + self._one(full) + dot + last
        return name

    def follows(self, kind: str, before: Any, after: Any) -> bool:
        """Whether a value is true of the same names afterwards: of states, or of events.

        What had the new name already was true of nothing, and would be now.
        """
        if isinstance(before, list) and isinstance(after, list):
            pairs = zip(before, after, strict=False)
            return len(before) == len(after) and all(self.follows(kind, b, a) for b, a in pairs)
        if isinstance(before, dict) and isinstance(after, dict):
            pairs = zip(before.items(), after.items(), strict=False)
            return len(before) == len(after) and all(
                self.follows(kind, b[0], a[0]) and b[1] == a[1] for b, a in pairs
            )
        if not isinstance(before, str):
            return bool(before == after)
        back = Renaming(self.projects, self.new, self.old.rpartition(".")[2], aliased=self.aliased)
        if kind == "event":
            return back.event(before) == before and bool(after == self.event(before))
        # Several states at once are told in the order of their names: in another order they are none.
        true = before == NOTHING.target(before)
        new = self.target(before) if true else self.state(before)
        return back.state(before) == before and after == new and true is (new == self.target(before))


#: Renames nothing: no state is called so.
NOTHING = Renaming(frozenset(), "\0", "\0", aliased=True)
