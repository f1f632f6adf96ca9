"""Text in, syntax tree and every syntax error out."""

from engine.diagnostics import Diagnostic
from engine.errors import expect
from engine.frozen import frozen
from engine.language import syntax
from engine.language.collection import paused
from engine.language.complaints import UNCLOSED_STRING
from engine.language.parser import MAX_ERRORS, TOO_MANY, Parser
from engine.language.source import Place, Source
from engine.language.tables import tables


@frozen
class ParseResult:
    """What a file says, and what is wrong with it."""

    #: The tree; with errors, what could be understood; None if the text could not be read at all.
    tree: syntax.Body | None
    #: Every syntax error, in the order of the file; what its end leaves open comes last, if something else is wrong.
    #: One comes before all of them, as in the list of HCL's reference: the first character that can be in no token, even
    #: if what was read past after another error holds it.
    diagnostics: tuple[Diagnostic, ...]
    #: What people are told: the same without such a character that was read past, every error in its place.
    told: tuple[Diagnostic, ...] = ()
    #: What HCL allows and a definition does not: a key written twice, or one that could be a reference.
    mistakes: tuple[Diagnostic, ...] = ()


def parse(source: str | bytes, filename: str) -> ParseResult:
    """Parse one HCL file. Never raises for what is in it: problems are diagnostics.

    Raises TypeError if `source` is neither text nor bytes, or `filename` is not text.
    """
    expect(source, "the source to parse", str, bytes)
    expect(filename, "the name of the file to parse", str)
    text = _decode(source, filename)
    if isinstance(text, Diagnostic):
        return ParseResult(tree=None, diagnostics=(text,), told=(text,))
    document = Source(text, filename)
    nul = document.text.find("\0")
    if nul >= 0:
        document.report(
            "nul_character",
            "The file contains a NUL character",
            "Is it a text file? Remove it.",
            nul,
            nul + 1,
        )
        told = tuple(document.diagnostics)
        return ParseResult(tree=None, diagnostics=told, told=told)
    made = tables()  # outside the pause: it is done once
    with paused():  # collecting meanwhile doubles the time
        reading = Parser(document, made)
        tree = reading.run()
    problems = sorted(document.diagnostics, key=lambda d: d.subject.start if d.subject is not None else 0)
    if len(problems) > MAX_ERRORS:
        problems = [
            *problems[:MAX_ERRORS],
            *(() if reading.gave_up else (_too_many(problems[MAX_ERRORS - 1]),)),
        ]
    problems += reading.late
    if problems:
        from engine.language.unread import without_broken  # most files have no error

        tree = without_broken(tree, problems, [Place(document, at, at).start for at in reading.replaced])
    return ParseResult(
        tree=tree,
        diagnostics=_as_listed(problems, document) if problems else (),
        told=tuple(problems),
        mistakes=tuple(document.mistakes),
    )


def _too_many(last: Diagnostic) -> Diagnostic:
    """Say that what comes after a problem was read, and what is wrong with it is not told."""
    return Diagnostic(
        code="too_many_errors",
        summary=f"What else is wrong behind this is not told: at least {MAX_ERRORS} errors stand before it",
        detail=TOO_MANY,
        subject=last.subject,
    )


def _as_listed(problems: list[Diagnostic], document: Source) -> tuple[Diagnostic, ...]:
    """The problems in the order of the reference, which scans a whole file before it parses it."""
    from engine.language.characters import character_problem  # most files have no error
    from engine.language.misfits import first_misfit

    found = first_misfit(document.text)
    if found is None:
        return tuple(problems)
    start = document.byte(found[0])
    for problem in problems:
        if problem.subject is not None and problem.subject.start == start:
            return (problem, *(other for other in problems if other is not problem))
    char = document.text[found[0]]
    known = UNCLOSED_STRING if char in "\r\n\\$%" else character_problem(char)
    document.report(*known.told, *found)
    return (document.diagnostics[-1], *problems)


def _decode(source: str | bytes, filename: str) -> str | Diagnostic:
    if isinstance(source, bytes):
        try:
            return source.decode("utf-8")
        except UnicodeDecodeError as error:
            before = source[: error.start].decode("utf-8")
            what = f"The byte 0x{source[error.start]:02x} is not UTF-8"
    else:
        try:
            source.encode("utf-8")
        except UnicodeEncodeError as error:
            before = source[: error.start]
            what = f"U+{ord(source[error.start]):04X} is half of a surrogate pair and no character"
        else:
            return source
    place = Source(before, filename)
    at = len(place.text)
    return Diagnostic(
        code="not_utf8",
        summary=what,
        detail="Definitions are UTF-8 text: save the file in that encoding.",
        subject=place.place(at, at).settled(),
    )
