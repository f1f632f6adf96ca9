"""What can be said about a definition only by who knows the sources."""

from engine.diagnostics import Diagnostic
from engine.language.suggest import did_you_mean
from engine.machine.definition import Definition
from engine.sources.catalog import SOURCES


def check_sources(definition: Definition) -> tuple[Diagnostic, ...]:
    """An error for every `receive` block of a source that is not installed."""
    return tuple(
        Diagnostic(
            code="unknown_source",
            summary=f'There is no source "{receive.source}"',
            detail=did_you_mean(receive.source, SOURCES) or f"The sources are {', '.join(sorted(SOURCES))}.",
            subject=receive.span,
        )
        for provisioner in definition.provisioners.values()
        for receive in provisioner.receives
        if receive.source not in SOURCES
    )
