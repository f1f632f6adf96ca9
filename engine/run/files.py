"""Files that people write, read into text or into a problem."""

from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.language.source import Source


def read_text(path: Path, what: str, diagnostics: list[Diagnostic], most: int | None = None) -> str | None:
    """The file's text, or None and one more of `diagnostics`; `what` says what the file is for.

    Of a file with more than `most` bytes only those are read, and what is cut through at their end is left out.
    """
    try:
        if most is None:
            return path.read_text(encoding="utf-8")
        with path.open("rb") as file:
            found = file.read(most + 1)
        return found[:most].decode("utf-8", "strict" if len(found) <= most else "ignore")
    except UnicodeDecodeError as error:
        before = Source(error.object[: error.start].decode("utf-8"), str(path))
        diagnostics.append(
            Diagnostic(
                code="not_utf8",
                summary=f"{path} is not UTF-8 text",
                detail=f"The byte 0x{error.object[error.start]:02x} is none. Save the file as UTF-8.",
                subject=before.place(len(before.text), len(before.text)).settled(),
            )
        )
    except OSError as error:
        diagnostics.append(
            Diagnostic(
                code="unreadable_file",
                summary=f"{path} cannot be read: {error.strerror or error}",
                detail=f"It is {what}. Name the right place, or make the file readable.",
            )
        )
    return None
