"""How many bytes of bodies are held at once: what is beyond is refused at once, so that a burst cannot fill the memory."""

from engine.errors import StoreBusyError

#: Room for two of the largest bodies and thousands of usual ones.
BUDGET = 64 * 1024 * 1024
#: What a delivery costs beside its body.
_EACH = 4 * 1024


class Budget:
    """The bytes that all deliveries under way hold together."""

    def __init__(self, limit: int = BUDGET) -> None:
        self._left = limit

    def claim(self) -> "Claim":
        """Begin to hold a body; `StoreBusyError` if there is no room for any."""
        claim = Claim(self)
        claim.add(_EACH)
        return claim

    def has_room(self, size: int) -> bool:
        """Whether so many bytes could be held now."""
        return size <= self._left

    def take(self, size: int) -> None:
        """Hold more; `StoreBusyError` if there is no room."""
        if size > self._left:
            raise StoreBusyError("too many bytes of deliveries are under way: try again later")
        self._left -= size

    def give_back(self, size: int) -> None:
        """Hold less."""
        self._left += size


class Claim:
    """What one delivery holds."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._size = 0

    def expect(self, size: int) -> None:
        """`StoreBusyError` if so many more bytes could not be held now. None is held yet: who announces may not send."""
        if not self._budget.has_room(size):
            raise StoreBusyError("too many bytes of deliveries are under way: try again later")

    def add(self, size: int) -> None:
        """Hold so many more; `StoreBusyError` if there is no room."""
        self._budget.take(size)
        self._size += size

    def release(self) -> None:
        """Hold nothing any more."""
        self._budget.give_back(self._size)
        self._size = 0
