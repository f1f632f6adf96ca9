"""Files that a command is given by name, one of which may be standard input."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # plain command lines do without it
    from cyclopts import Token

#: The name that means standard input, and what messages call it.
STDIN = Path("-")
STDIN_NAME = "<stdin>"


def refuse_empty_name(_type: object, tokens: "Sequence[Token]") -> Path:
    """The path that is written; raises ValueError for none, which would mean the current folder without a word."""
    if not tokens[0].value:
        raise ValueError("The name of a file is empty. The current folder is written as a dot.")
    return Path(tokens[0].value)


def refuse_unknown_flag(_type: type, value: Path | tuple[Path, ...]) -> None:
    """Raise ValueError for a name that was meant as an option: ``-`` alone is a file."""
    for path in value if isinstance(value, tuple) else (value,):
        if path != STDIN and str(path).startswith("-"):
            raise ValueError(f"There is no option {path}. A file of that name is written ./{path}.")
