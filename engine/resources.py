"""Where the files that travel with the package are: grammars, shipped machines, the shipped workers.yaml."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_shipped"


def shipped(name: str) -> Path:
    """The path of a shipped file or folder, named relative to the top of the source tree.

    A wheel carries these files inside the package; a source tree (also an editable install) has them beside it.
    """
    root = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
    return root / name


def grammar(name: str) -> str:
    """The text of ``grammars/NAME``."""
    return shipped(f"grammars/{name}").read_text(encoding="utf-8")
