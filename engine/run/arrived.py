"""An event that was received in this process just now: its lane can go on with it without reading it again."""

from engine.frozen import frozen
from engine.model import Event
from engine.store.inbox import InboxRow
from engine.store.outbox import OutboxRow


@frozen
class Arrived:
    """What the store would give back. Whoever uses it must still ask the store whether it is the head of its lane."""

    row: InboxRow
    event: Event
    #: How many bytes its delivery had: payloads that wait in memory are bounded by them.
    size: int
    #: The effects that are to be performed, if it was decided as it came.
    effects: tuple[OutboxRow, ...] = ()
    #: Whether it was decided as it came and nothing is left to do for its entity.
    finished: bool = False
