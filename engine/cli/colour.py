"""Colour for people: on a terminal only, and never where NO_COLOR asks for none."""

import os
import re
from typing import TextIO

_RESET, _BOLD, _RED, _YELLOW, _BLUE, _CYAN, _GREEN = (f"\x1b[{n}m" for n in (0, 1, 31, 33, 34, 36, 32))
_SEVERITIES = {"error": _RED, "warning": _YELLOW, "note": _BLUE}
_HEAD = r"^(.*?)\b(error|warning|note)(\[\w+\]): (.*)$"
_MARGIN = r"^( *\d* \| ?)(.*)$"
_CHANGES = {"-": _RED, "+": _GREEN, "@": _CYAN}


def coloured(stream: TextIO) -> bool:
    """Whether what is written there is looked at by a person who wants colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint_problems(rendered: str, stream: TextIO) -> str:
    """Rendered problems: severities, places and carets stand out. For anything but a terminal, the text as it is."""
    if not coloured(stream):
        return rendered
    colour = _RED
    lines = []
    for line in rendered.split("\n"):
        if head := re.match(_HEAD, line):
            place, severity, code, summary = head.groups()
            colour = _SEVERITIES[severity]
            lines.append(f"{place}{colour}{severity}{code}{_RESET}: {_BOLD}{summary}{_RESET}")
        elif margin := re.match(_MARGIN, line):
            caret = margin[2].strip(" \t^") == "" and margin[2]
            text = f"{colour}{margin[2]}{_RESET}" if caret else margin[2]
            lines.append(f"{_BLUE}{margin[1]}{_RESET}{text}")
        elif line.startswith("  help: "):
            lines.append(f"  {_CYAN}help:{_RESET} {line.removeprefix('  help: ')}")
        else:
            lines.append(line)
    return "\n".join(lines)


def paint_change(line: str, stream: TextIO) -> str:
    """One line of a unified difference."""
    colour = _CHANGES.get(line[:1]) if coloured(stream) else None
    return (
        line
        if colour is None
        else f"{colour}{line.rstrip(chr(10))}{_RESET}{chr(10) * line.endswith(chr(10))}"
    )
