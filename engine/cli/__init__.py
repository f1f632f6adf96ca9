"""The command line: one file a command, imported only when it is called."""

import os
import sys
from collections.abc import Callable, Sequence

from engine.errors import InterlockError, InvalidDefinitionError

#: Flags of the predecessor's two programs, written with one dash, and what they are here.
_PREDECESSOR = {"-hcl-dir": "--machines", "-worker-cfg": "--workers"}

#: Commands that editors and hooks run at every save. They log nothing and do not wait for the import of what would.
_SILENT = {"check", "fmt", "lsp", "test"}
#: Words after which nothing is done but to explain.
_HELP = {"--help", "-h", "--version"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 a problem that the message explains, 2 a wrong command line."""
    from engine.cli.plain import plain

    given = [_translated(a) for a in (sys.argv[1:] if arguments is None else arguments)]
    if given and not _SILENT.intersection(given[:1]) and not _HELP.intersection(given):
        from engine.serve.logs import configure_logs

        # Standard output is a command's answer, for a person or a program; `run` takes it for its log.
        configure_logs("warning", "text", colour=False, errors=True)
    try:
        result = (plain(given) or _parsed(given))()
    except InvalidDefinitionError as error:
        from engine.cli.colour import paint_problems
        from engine.diagnostics import render

        print(paint_problems(render(error.diagnostics, error.sources), sys.stderr), file=sys.stderr)
        print(f"\n{_count(len(error.diagnostics))}: nothing was done.", file=sys.stderr)
        return 1
    except InterlockError as error:
        print(f"interlock: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            return _quietly()
        place = f"{error.filename}: " if error.filename else ""
        print(f"interlock: {place}{error.strerror or error}", file=sys.stderr)
        return 1
    return result if isinstance(result, int) else 0


def _parsed(given: Sequence[str]) -> Callable[[], object]:
    from engine.cli.app import make_app, unknown_command

    if (said := unknown_command(given)) is not None:

        def refuse() -> int:
            print(f"interlock: {said}", file=sys.stderr)
            return 2

        return refuse
    return lambda: make_app(given)(given, exit_on_error=True)


def _quietly() -> int:
    """The reader (head, less) has enough; the interpreter must not complain when it flushes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _translated(argument: str) -> str:
    name, separator, value = argument.partition("=")
    return f"{_PREDECESSOR[name]}{separator}{value}" if name in _PREDECESSOR else argument


def _count(problems: int) -> str:
    return "There is 1 problem" if problems == 1 else f"There are {problems} problems"
