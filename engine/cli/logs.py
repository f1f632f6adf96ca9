"""The daemon's log on the command line's terminal."""

import sys

from engine.config.settings import DaemonSettings


def start_logs(settings: DaemonSettings, form: str | None = None) -> None:
    """Configure the logs as the settings, or else the terminal, say."""
    from engine.serve.logs import configure_logs

    terminal = sys.stdout.isatty()
    if form is None:
        form = settings.log_format if settings.log_format != "auto" else "text" if terminal else "json"
    configure_logs(settings.log_level, form, colour=terminal, lasting=True)
