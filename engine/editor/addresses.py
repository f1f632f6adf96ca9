"""What an editor calls a file, and where it is."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def path_of(address: str) -> Path | None:
    """The path of a file; None for a buffer that is none yet."""
    return Path(url2pathname(urlsplit(address).path)) if address.startswith("file:") else None


def address_of(path: Path) -> str:
    """The address of a file that the editor has not named yet."""
    return path.absolute().as_uri()
