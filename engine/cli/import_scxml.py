"""``interlock import scxml FILE``: an SCXML document as a definition."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.colour import paint_problems
from engine.diagnostics import Diagnostic, errors_in, render
from engine.errors import InvalidDefinitionError, SettingError

#: UTF-8 has at most so many bytes for one character.
_WIDEST = 4


def import_scxml(
    file: Annotated[Path, Parameter(help="The SCXML document.")],
    *,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"], help="Write to this file instead of the terminal.", metavar="FILE"
        ),
    ] = None,
    project: Annotated[
        str | None, Parameter(help="The provisioner's name; else the document's own name.", metavar="PROJECT")
    ] = None,
    plain_events: Annotated[
        bool,
        Parameter(negative="", help='Wait for "a" where the document says a, and not for "a.b" too.'),
    ] = False,
    partial: Annotated[
        bool, Parameter(negative="", help="Write what can be said though some of it cannot.")
    ] = False,
) -> int:
    """Write a definition that does what an SCXML document says.

    What the language cannot say is listed with its line and column. Then nothing is written and the exit status is 1; with
    --partial the rest is written all the same. What is left out without a loss, or differs, is listed too.
    docs/coming-from-scxml.md says what becomes of what.

    For instance: `interlock import scxml machine.scxml --output machine.hcl`
    """
    from engine.scxml.convert import convert

    text = _read(file)
    done = convert(text, str(file), project=project, plain_events=plain_events)
    if done.diagnostics:
        print(paint_problems(render(done.diagnostics, {str(file): text}), sys.stderr), file=sys.stderr)
    failed = errors_in(done.diagnostics)
    if done.text is None or (failed and not partial):
        print(f"\n{file} was not converted.", file=sys.stderr)
        return 1
    if output is None:
        sys.stdout.write(done.text)
    else:
        try:
            output.write_text(done.text, encoding="utf-8")
        except OSError as error:
            raise SettingError(f"cannot write {output}: {error.strerror or error}") from None
    return 1 if failed else 0


def _read(file: Path) -> str:
    """The text of a document, not more than is looked at."""
    from engine.run.files import read_text
    from engine.scxml.document import MOST_CHARACTERS

    problems: list[Diagnostic] = []
    text = read_text(file, "an SCXML document", problems, most=(MOST_CHARACTERS + 1) * _WIDEST)
    if text is None:
        raise InvalidDefinitionError(problems)
    return text
