"""Files that people write, read into text or into a problem."""

import errno
import io
import stat
from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.language.source import Source

#: What people write is not larger; a device has no end.
LARGEST = 16 * 2**20
#: Where a pipe stands for what a shell hands over: it has a writer.
_HANDED_OVER = ("/dev/", "/proc/")


def read_bytes(path: Path) -> bytes:
    """What is in a file; raises `OSError`, also where it is larger than `LARGEST`, or a pipe that may have no writer."""
    if stat.S_ISFIFO(path.stat().st_mode) and not str(path).startswith(_HANDED_OVER):
        raise OSError(errno.EINVAL, "it is a pipe, which may never have anything in it")
    with path.open("rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 2**20} MiB")
    return found


def text_of(
    content: bytes, name: str, diagnostics: list[Diagnostic], *, as_it_is: bool = False
) -> str | None:
    """What a file holds as Python reads text: every line ends with a line feed, unless it is wanted as it is."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Source(error.object[: error.start].decode("utf-8"), name)
        diagnostics.append(
            Diagnostic(
                code="not_utf8",
                summary=f"{name} is not UTF-8 text",
                detail=f"The byte 0x{error.object[error.start]:02x} is none. Save the file as UTF-8.",
                subject=before.place(len(before.text), len(before.text)).settled(),
            )
        )
        return None
    return text if as_it_is else io.StringIO(text, newline=None).read()


def read_text(path: Path, what: str, diagnostics: list[Diagnostic], most: int | None = None) -> str | None:
    """The file's text, or None and one more of `diagnostics`; `what` says what the file is for.

    Of a file with more than `most` bytes only those are read, and what is cut through at their end is left out.
    """
    try:
        if most is None:
            return text_of(read_bytes(path), str(path), diagnostics)
        with path.open("rb") as file:
            found = file.read(most + 1)
        cut = found[:most].decode("utf-8", "ignore") if len(found) > most else None
        return text_of(found, str(path), diagnostics, as_it_is=True) if cut is None else cut
    except OSError as error:
        diagnostics.append(
            Diagnostic(
                code="unreadable_file",
                summary=f"{path} cannot be read: {error.strerror or error}",
                detail=f"It is {what}. Name the right place, or make the file readable.",
            )
        )
    return None
