"""``interlock fmt``: definitions in the canonical style."""

import difflib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.colour import paint_change, paint_problems
from engine.cli.options import MachinesFolder

#: The name that means standard input, and what messages call it.
_STDIN = Path("-")
_STDIN_NAME = "<stdin>"


def _refuse_unknown_flag(_type: type, value: Path | tuple[Path, ...]) -> None:
    for path in value if isinstance(value, tuple) else (value,):
        if path != _STDIN and str(path).startswith("-"):
            raise ValueError(f"There is no option {path}. A file of that name is written ./{path}.")


def fmt(
    *paths: Annotated[
        Path,
        Parameter(
            help="Definitions, folders with them, or - for standard input.",
            allow_leading_hyphen=True,
            validator=_refuse_unknown_flag,
        ),
    ],
    machines: MachinesFolder = None,
    check: Annotated[
        bool, Parameter(negative="", help="Write nothing; exit with 1 if a file would change.")
    ] = False,
    diff: Annotated[bool, Parameter(negative="", help="Write nothing; print what would change.")] = False,
) -> int:
    """Rewrite machine definitions in the canonical style, the same that HCL's own formatter writes.

    Only spaces change; comments and line breaks stay. Folders are searched for .hcl files; without a path, the folder
    with the machine definitions is. Changed files are listed. With -, standard input is formatted to standard output.
    A file with a syntax error is listed with its problems and left as it is; then the exit status is 1.
    """
    from engine.cli.options import settings_from

    found = list(_files(paths or (settings_from(machines=machines).machines,)))
    outcomes = [_format(path, check=check, diff=diff) for path in found]
    return 0 if all(outcomes) else 1


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path != _STDIN and path.is_dir():
            yield from sorted(p for p in path.rglob("*.hcl") if p.is_file())
        else:
            yield path


def _format(path: Path, *, check: bool, diff: bool) -> bool:
    """Format one file; False if it could not be, or must not differ and does."""
    from engine.diagnostics import render
    from engine.language.format import format_text

    name = _STDIN_NAME if path == _STDIN else str(path)
    try:
        source = sys.stdin.buffer.read() if path == _STDIN else path.read_bytes()
    except OSError as error:
        print(f"interlock: {name} cannot be read: {error.strerror or error}", file=sys.stderr)
        return False
    result = format_text(source, name)
    if result.text is None:
        text = source.decode("utf-8", errors="replace")
        problems = paint_problems(render(result.diagnostics, {name: text}), sys.stderr)
        print(f"{problems}\n\n{name} is left as it is.", file=sys.stderr)
        return False
    formatted = result.text.encode()
    if diff:
        _print_diff(source.decode(), result.text, name)
    elif path == _STDIN and not check:
        sys.stdout.buffer.write(formatted)
    elif formatted != source:
        if not check and not _rewrite(path, formatted):
            return False
        print(name)
    return not check or formatted == source


def _print_diff(before: str, after: str, name: str) -> None:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (formatted)"
    )
    for line in lines:
        painted = paint_change(line, sys.stdout)
        sys.stdout.write(painted if line.endswith("\n") else f"{painted}\n\\ No newline at end of file\n")


def _rewrite(path: Path, content: bytes) -> bool:
    """Put new content in a file's place at once: whoever reads it sees the old or the new one, whole."""
    target = path.resolve()  # what a symbolic link leads to, not the link
    beside: str | None = None
    try:
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, target.stat().st_mode & 0o7777)  # noqa: PTH101 - a name, not a Path
        os.replace(beside, target)  # noqa: PTH105
    except OSError as error:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)
        print(f"interlock: {path} cannot be written: {error.strerror or error}", file=sys.stderr)
        return False
    return True
