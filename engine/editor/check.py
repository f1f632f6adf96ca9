"""What is wrong with a buffer: the same as `interlock check` says about the file, first what is quick, then the proofs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.diagnostics import Diagnostic, Span
from engine.language import parse
from engine.machine.definition import Definition
from engine.machine.files import Files, Library
from engine.machine.prove import prove
from engine.machine.read import ReadResult, read_files
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.sources.check import check_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """A text to be checked."""

    source: str
    #: What messages call it.
    filename: str
    #: The text and name of the definition, if this is a file of tests.
    beside: tuple[str, str] | None = None
    #: Where it is; None if it is no file yet.
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong at first sight, and what is left to be proven."""

    diagnostics: tuple[Diagnostic, ...]
    #: None if an error stands in the way.
    definition: Definition | None


def check(buffer: Buffer, place: str, library: Library) -> Checked:
    """Syntax and static sense; `library` has the modules that a definition at `place` uses."""
    if buffer.filename.endswith(TEST_FILE_ENDING):
        return _check_tests(buffer, place, library)
    read = _read(buffer.source, buffer.filename, place, library)
    return Checked(diagnostics=(*read.diagnostics, *check_sources(read), *read.unused), definition=read.whole)


def proofs(definition: Definition) -> tuple[Diagnostic, ...]:
    """What is proven or refuted. Takes as long as it takes."""
    return tuple(d for p in definition.provisioners.values() for d in prove(p).diagnostics)


def _read(source: str, filename: str, place: str, library: Library) -> ReadResult:
    folder = place.rpartition("/")[0]
    return read_files(Files(place=place, folder=folder, name=filename, texts={filename: source}), library)


def _check_tests(buffer: Buffer, place: str, library: Library) -> Checked:
    if buffer.beside is None:
        missing = Diagnostic(
            code="unreadable_file",
            summary="The definition that these tests stand beside cannot be read",
            detail=f"They belong to {buffer.filename.removesuffix(TEST_FILE_ENDING)}.hcl in the same folder.",
        )
        return Checked(
            diagnostics=(*parse(buffer.source, buffer.filename).diagnostics, missing), definition=None
        )
    source, filename = buffer.beside
    definition = _read(source, filename, place, library).definition
    if definition is None:  # its problems are told beside its own text
        return Checked(diagnostics=parse(buffer.source, buffer.filename).diagnostics, definition=None)
    joined, found = read_test_file(buffer.source, buffer.filename, definition)
    return Checked(diagnostics=found, definition=joined)


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
            "context": _range(problem.context) if _tells_more(problem) else None,
        }


def _tells_more(problem: Diagnostic) -> bool:
    subject, context = problem.subject, problem.context
    return subject is not None and context is not None and context.filename == subject.filename != ""


def _range(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]
