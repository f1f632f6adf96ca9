"""What ``interlock fmt`` does: files rewritten, or told apart."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.cli.colour import paint_change, paint_problems
from engine.cli.environment import settings_from
from engine.cli.standard_input import STDIN, STDIN_NAME


def format_files(*paths: Path, machines: Path | None = None, check: bool = False, diff: bool = False) -> int:
    """Format files and all in folders, or without any the definitions' folder; 1 if one could not be or must not differ."""
    found = list(_files(paths or (settings_from(machines=machines).machines,)))
    outcomes = [_format(path, check=check, diff=diff) for path in found]
    return 0 if all(outcomes) else 1


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path != STDIN and path.is_dir():
            yield from sorted(p for p in path.rglob("*.hcl") if p.is_file())
        else:
            yield path


def _format(path: Path, *, check: bool, diff: bool) -> bool:
    """Format one file; False if it could not be, or must not differ and does."""
    from engine.diagnostics import render
    from engine.language.format import format_text
    from engine.run.files import read_bytes

    name = STDIN_NAME if path == STDIN else str(path)
    try:
        source = sys.stdin.buffer.read() if path == STDIN else read_bytes(path)
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
    elif path == STDIN and not check:
        sys.stdout.buffer.write(formatted)
    elif formatted != source:
        if not check and not _rewrite(path, formatted):
            return False
        print(name)
    return not check or formatted == source


def _print_diff(before: str, after: str, name: str) -> None:
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (formatted)"
    )
    for line in lines:
        painted = paint_change(line, sys.stdout)
        sys.stdout.write(painted if line.endswith("\n") else f"{painted}\n\\ No newline at end of file\n")


def _rewrite(path: Path, content: bytes) -> bool:
    """Put new content in a file's place at once: whoever reads it sees the old or the new one, whole."""
    import tempfile

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
