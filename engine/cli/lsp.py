"""``interlock lsp``: the language server for editors."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.options import MachinesFolder, WorkersFile, settings_from
from engine.errors import SettingError

#: What the extra installs.
_EXTRA = frozenset({"attr", "attrs", "cattrs", "lsprotocol", "pygls"})


def lsp(
    *,
    machines: MachinesFolder = None,
    workers: WorkersFile = None,
    stdio: Annotated[  # noqa: ARG001 - the only way there is
        bool,
        Parameter(
            negative="",
            help="Accepted because many editors add it; there is no other way.",
            show_default=False,
        ),
    ] = True,
) -> int:
    """Serve editors: problems as you type, completion, hover, definitions, references, rename, outline, format.

    An editor starts this and speaks the Language Server Protocol over standard input and output; by hand there is nothing
    to see. docs/editor.md says how to set up VS Code, Neovim, Helix and Emacs. It needs the extra: pip install "interlock[lsp]".
    """
    try:
        from engine.editor.server import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise SettingError(
            'the language server needs an extra that is not installed: pip install "interlock[lsp]"'
        ) from None
    settings = settings_from(machines=machines, workers=workers)
    return serve(settings.machines.absolute(), settings.workers.absolute(), Path.cwd())
