"""The texts that a definition is made of, and where more of them are asked for. Nobody here opens a file."""

import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import field

from engine.diagnostics import Diagnostic, Span
from engine.frozen import frozen


@frozen
class Files:
    """The files of one module: a single one, or all of a folder."""

    #: What names it, below the machines directory, in its shortest form: ``jira.hcl``, ``lib/review``.
    place: str
    #: The folder, below the machines directory, from which its own sources are looked for; empty for the top.
    folder: str
    #: What the user calls it.
    name: str
    #: The texts by file name, as the user calls it, in the order in which they are read.
    texts: Mapping[str, str]
    #: The texts of the files of tests beside them, by file name: they may use names of these.
    tests: Mapping[str, str] = field(default_factory=dict)


@frozen
class Absent:
    """Why there are no files."""

    #: Of the diagnostic that is made of it.
    code: str
    summary: str
    detail: str
    #: Where in one of the files it is seen that they cannot be read.
    subject: Span | None = None

    def as_diagnostic(self) -> Diagnostic:
        """The problem, where nothing in a file asked for the module."""
        return Diagnostic(code=self.code, summary=self.summary, detail=self.detail, subject=self.subject)


#: Gives the files of a place below the machines directory.
Library = Callable[[str], Files | Absent]


def single(source: str, filename: str) -> Files:
    """A text that stands for itself."""
    return Files(place=filename, folder="", name=filename, texts={filename: source})


def nothing_else(place: str) -> Absent:
    """The library of a text that stands for itself: there is nothing in it."""
    return Absent(
        code="module_missing",
        summary=f"{place} is not there: this text was read without the folder around it",
        detail="Read it from the machines directory, where its modules are.",
    )


def normal(place: str) -> str:
    """A place in its shortest form; the machines directory itself is empty, and what begins with ``..`` is outside."""
    found = posixpath.normpath(place)
    return "" if found == "." else found


def bundled(used: Mapping[str, Files], root: Files) -> str:
    """All files of a definition as one text: that of the file, if there is only one.

    No definition begins with ``{``, so that `unbundled` can tell the two apart.
    """
    if used.keys() == {root.place} and [*root.texts] == [root.name]:
        return root.texts[root.name]
    listed = [
        {"place": one.place, "folder": one.folder, "name": one.name, "texts": dict(one.texts)}
        for _, one in sorted(used.items())
    ]
    return json.dumps({"root": root.place, "modules": listed}, ensure_ascii=False, separators=(",", ":"))


def unbundled(source: str, filename: str) -> tuple[Files, Library]:
    """The files that `bundled` wrote; raises ValueError for another text that begins with ``{``."""
    if not source.startswith("{"):
        return single(source, filename), nothing_else
    try:
        written = json.loads(source)
        found = {entry["place"]: Files(**entry) for entry in written["modules"]}
        root = found[written["root"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is no definition: {error}") from error

    def library(place: str) -> Files | Absent:
        return found.get(place) or nothing_else(place)

    return root, library
