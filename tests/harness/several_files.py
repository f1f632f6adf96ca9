"""Examples of several files: one text in which each file begins with a comment that names it."""

import re
from pathlib import Path

_FILE = re.compile(r"^# (statemachines/\S+|\S+\.ya?ml)\n", re.MULTILINE)


def split(text: str) -> dict[str, str]:
    """The texts by file name."""
    _, *parts = _FILE.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def write(text: str, folder: Path) -> list[Path]:
    """Write the files below a folder; the last one of an example is what it is about."""
    written = []
    for name, content in split(text).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        written.append(place)
    return written
