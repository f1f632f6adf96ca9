"""What a daemon reads and how it may be managed; reading it, and telling what is wrong with it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from engine.diagnostics import Severity, render
from engine.processors.processor import ProcessorMaker
from engine.run.load import Loaded, load
from engine.serve.logs import hide_in_logs

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a daemon reads, and whom it lets manage hooks."""

    #: The file that maps projects to backends.
    workers: Path
    #: The folder with the definitions.
    machines: Path
    #: Whether it listens on loopback only.
    loopback: bool
    #: Bearer token of the management routes, empty if there is none.
    token: str
    #: Whether it accepts deliveries.
    receives: bool = True
    #: Whether it decides and performs.
    works: bool = True
    #: How long what is finished stays in the store; None = for ever.
    keep: timedelta | None = None


def read_files(place: Place, makers: Mapping[str, ProcessorMaker], environ: Mapping[str, str]) -> Loaded:
    """Read workers.yaml and the definitions. What they hold that is secret is in no log line from now on."""
    loaded = load(place.workers, place.machines, makers, environ)
    hide_in_logs(loaded.secrets)
    return loaded


def say_problems(loaded: Loaded) -> None:
    """A log line for each problem."""
    for problem in loaded.diagnostics:
        level = logging.ERROR if problem.severity is Severity.ERROR else logging.WARNING
        log.log(level, "definition.problem", **problem.as_json(), rendered=render([problem], loaded.sources))
