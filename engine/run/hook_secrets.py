"""A hook's secrets: the one in force and, for a while after it was replaced, the one before it.

Both are sealed as one text. A secret alone is that text itself, as older stores have it.
"""

from dataclasses import field
from datetime import UTC, datetime

from engine.frozen import frozen

#: Begins a text with two secrets; no secret can, because no header or form has this character.
_MARK = "\0"


@frozen
class HookSecrets:
    """What a hook's deliveries may be signed with."""

    #: The one in force.
    current: str = field(repr=False)
    #: The one before it.
    previous: str | None = field(default=None, repr=False)
    #: Until when the one before it is accepted as well; has a time zone.
    until: datetime | None = None

    def accepted(self, now: datetime) -> tuple[str, ...]:
        """The secrets that are accepted at that time."""
        if self.previous is None or self.until is None or now >= self.until:
            return (self.current,)
        return (self.current, self.previous)

    def as_text(self) -> str:
        """What is sealed."""
        if self.previous is None or self.until is None:
            return self.current
        return f"{_MARK}{self.until.astimezone(UTC).isoformat()}{_MARK}{self.previous}{_MARK}{self.current}"


def read_secrets(text: str) -> HookSecrets:
    """The secrets of an unsealed text."""
    if not text.startswith(_MARK):
        return HookSecrets(current=text)
    _, until, previous, current = text.split(_MARK, 3)
    return HookSecrets(current=current, previous=previous, until=datetime.fromisoformat(until))
