"""What is wrong with a buffer: the same as `interlock check` says about the file, first what is quick, then the proofs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from engine.diagnostics import Diagnostic, Related, Span
from engine.frozen import frozen
from engine.language import parse
from engine.machine.definition import Definition, Provisioner
from engine.machine.doubted import doubting
from engine.machine.files import Absent, Files, Library, nothing_else
from engine.machine.given import Values
from engine.machine.prove import prove
from engine.machine.read import read_files
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.machine.slips import without_consequences
from engine.sources.check import check_sources
from engine.sources.payload_types import known_payload


@frozen
class Buffer:
    """A text to be checked."""

    source: str
    #: What messages call it.
    filename: str
    #: The text and name of the definition, if this is a file of tests.
    beside: tuple[str, str] | None = None
    #: Where it is; None if it is no file yet.
    path: str | None = None


@frozen
class Checked:
    """What is wrong at first sight, and what is left to be proven."""

    diagnostics: tuple[Diagnostic, ...]
    #: None if an error stands in the way.
    definition: Definition | None


def check(
    buffer: Buffer, files: Files | Absent, library: Library = nothing_else, values: Values | None = None
) -> Checked:
    """Syntax and static sense of a buffer's definition: the `files` of it, or why they cannot be read.

    `library` has the modules that it uses, and `values` what its variables are given.
    """
    if isinstance(files, Absent):
        missing = replace(files.as_diagnostic(), subject=None)
        found = (*parse(buffer.source, buffer.filename).told, missing)
        return Checked(diagnostics=found, definition=None)
    read = read_files(files, library, values)
    if not buffer.filename.endswith(TEST_FILE_ENDING):
        found = (*read.diagnostics, *check_sources(read), *read.unused)
        return Checked(diagnostics=found, definition=read.whole)
    if read.definition is None:  # its problems are told beside its own text
        return Checked(diagnostics=parse(buffer.source, buffer.filename).told, definition=None)
    joined, told = read_test_file(buffer.source, buffer.filename, read.definition)
    return Checked(diagnostics=told, definition=joined)


def proofs(definition: Definition, told: Iterable[Diagnostic] = ()) -> tuple[Diagnostic, ...]:
    """What is proven or refuted, without what only follows from what is told already. Takes as long as it takes."""
    listed = tuple(told)
    return tuple(
        d
        for p in definition.provisioners.values()
        for d in without_consequences(p, _proven(p, listed), listed)
    )


def _proven(provisioner: Provisioner, told: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return prove(provisioner, payloads=doubting(known_payload, provisioner, told)).diagnostics


def as_json(found: Iterable[Diagnostic], filename: str) -> list[dict[str, Any]]:
    """The problems of one file as plain JSON values."""
    return list(_as_json(found, filename))


def _as_json(found: Iterable[Diagnostic], filename: str) -> Iterator[dict[str, Any]]:
    for problem in found:
        if problem.subject is not None and problem.subject.filename != filename:
            continue
        yield {
            "code": problem.code,
            "severity": problem.severity.value,
            "message": "\n".join(filter(None, (problem.summary, problem.detail, problem.story))),
            "range": _range(problem.subject),
            "related": [_related(each, filename) for each in problem.related],
        }


def _related(other: Related, filename: str) -> dict[str, Any]:
    """Another place, by its bytes: in the same file, or in one that is called by its way from this one's folder."""
    span = other.span
    own = span.filename == filename
    return {"message": other.message, "file": None if own else span.filename, "range": _range(span)}


def _range(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]
