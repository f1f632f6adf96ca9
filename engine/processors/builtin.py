"""The built-in processors, registered through the same door as any plug-in's."""

from collections.abc import Sequence

from engine.hookspecs import hookimpl
from engine.processors.http import HttpMaker
from engine.processors.jira.maker import JiraMaker
from engine.processors.processor import ProcessorMaker


@hookimpl
def interlock_processors() -> Sequence[ProcessorMaker]:
    """Jira, and any HTTP backend."""
    return (JiraMaker(), HttpMaker())
