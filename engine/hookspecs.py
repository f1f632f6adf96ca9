"""Every plug-in point, on one page. Built-ins register through the same door.

A plug-in is a package with an entry point in the group ``interlock`` that names a module with these functions, each
marked with `hookimpl`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from engine.processors.processor import ProcessorMaker

GROUP = "interlock"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def interlock_processors() -> "Sequence[ProcessorMaker]":
    """The processors this plug-in brings."""
    return ()
