"""Command lines that need no parser: what editors and hooks call at every save, with file names and simple flags.

To build the parser of all command lines takes as long as to check a definition. Whatever is not written here, help and
mistakes included, is left to it; a test holds the two against each other.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

#: Command -> the function behind it, and its flags that take no value, by their names.
COMMANDS = {
    "check": ("engine.cli.checking", "check_files", {"--json": "json", "--sarif": "sarif"}),
    "test": ("engine.cli.testing", "run_test_files", {"--json": "json"}),
    "fmt": ("engine.cli.formatting", "format_files", {"--check": "check", "--diff": "diff"}),
}


def plain(given: Sequence[str]) -> Callable[[], int] | None:
    """What a command line asks for, if it is one of these; None if it must be parsed."""
    if not given or given[0] not in COMMANDS:
        return None
    module, name, flags = COMMANDS[given[0]]
    words = given[1:]
    chosen = [word for word in words if word.startswith("-")]
    if "" in words or len(set(chosen)) < len(chosen) or not flags.keys() >= set(chosen):
        return None
    files = [Path(word) for word in words if word not in flags]

    def run() -> int:
        done: int = getattr(import_module(module), name)(*files, **{flags[word]: True for word in chosen})
        return done

    return run
