"""What boxes and arrows of a picture say, and what they are called in it: the same in every format."""

from collections.abc import Mapping

from engine.machine.diagram import Box, Group, Shape

#: Longer labels are cut in pictures; the table shows them whole.
_LONGEST = 100


def titles(box: Box, around: str | None = None) -> list[str]:
    """What a box says, a line each; in the box of `around` its own name is enough."""
    if box.shape is Shape.ANYWHERE:
        return ["any state"]
    name = box.state if around is None else box.state.removeprefix(f"{around}.")
    if box.shape is Shape.HISTORY:
        return [f"{name} (deep history)" if box.status else f"{name} (history)"]
    note = [box.status] if box.status is not None else ["internal"] if box.internal else []
    return [name, *note]


def ids(group: Group, prefix: str) -> Mapping[str, str]:
    """A plain identifier for each box."""
    return {box.state: f"{prefix}s{number}" for number, box in enumerate(group.boxes)}


def cut(text: str) -> str:
    """A label that fits into a picture."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
