"""What the engine writes in events of its own: a proof tries nothing else there."""

from engine.language.types import OBJECT, STRING, Type, perhaps
from engine.model import AFTER, EFFECT_FAILED


class _Written:
    """Texts under these names and nothing else; those that are not always there may be null."""

    __slots__ = ("always", "known", "open")

    def __init__(self, always: str, others: str = "") -> None:
        self.always = frozenset(always.split())
        self.known = (*always.split(), *others.split())
        self.open = False

    def field(self, name: str) -> Type | None:
        """What it is; None if there is none of that name."""
        if name not in self.known:
            return None
        return STRING if name in self.always else perhaps(STRING)


_FAILED = Type(kinds=OBJECT.kinds, fields=_Written("event source reason", "target target_status"))
_TIMER = Type(kinds=OBJECT.kinds, fields=_Written("due"))


def own_payload(event: str) -> Type | None:
    """What an event of that name carries; None where that is not the same for all, or for what others send."""
    return _FAILED if event == EFFECT_FAILED else _TIMER if event.startswith(AFTER) else None
