"""``interlock run``: the daemon."""

from typing import Annotated, Literal

from cyclopts import Parameter

from engine.cli.logs import start_logs
from engine.cli.options import MachinesFolder, StoreUrl, WorkersFile, environment
from engine.config.settings import read_settings


def run(
    *,
    host: Annotated[
        str | None,
        Parameter(
            help="The address to listen on [env INTERLOCK_HOST; default 127.0.0.1].", metavar="ADDRESS"
        ),
    ] = None,
    port: Annotated[
        str | None,
        Parameter(
            name=["--port", "-p"],
            help="The port to listen on, 0 for any [env INTERLOCK_PORT; default 9091].",
            metavar="PORT",
        ),
    ] = None,
    store: StoreUrl = None,
    role: Annotated[
        Literal["all", "receive", "work"] | None,
        Parameter(
            help="Where daemons share a PostgreSQL store: only receive deliveries, only work them, or both "
            "[env INTERLOCK_ROLE; default all]."
        ),
    ] = None,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    keep: Annotated[
        str | None,
        Parameter(
            help="Remove finished deliveries, events, effects and history that are older: 90d, 12w "
            "[env INTERLOCK_KEEP; default forever].",
            metavar="DURATION",
            allow_leading_hyphen=True,
        ),
    ] = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        Parameter(help="What to log [env INTERLOCK_LOG_LEVEL; default info]."),
    ] = None,
    log_format: Annotated[
        Literal["auto", "json", "text"] | None,
        Parameter(help="How to log: auto is text on a terminal, else json [env INTERLOCK_LOG_FORMAT]."),
    ] = None,
    practice: Annotated[
        bool,
        Parameter(
            negative="", help="Bring a practice Jira, deliver one signed release, and show what happens."
        ),
    ] = False,
) -> int:
    """Start the daemon: receive deliveries, decide, and make the calls.

    It serves until SIGINT or SIGTERM and then drains for at most 10 seconds; work that is not finished is taken up at the
    next start. SIGHUP, or a change of a file, reloads workers.yaml and the definitions; with an error in them, the old
    ones stay in force.

    Backends come from workers.yaml; its `env://NAME` references are read from the environment and from `app.env`. The
    jira processor takes ATLASSIAN_URL, ATLASSIAN_EMAIL and ATLASSIAN_API_KEY where workers.yaml is silent. Set
    INTERLOCK_TOKEN to call the management routes from elsewhere, and INTERLOCK_SECRET_KEY to keep the key that encrypts
    hook secrets out of the key file.

    With `--store postgresql://user@host/database` any number of daemons, on any number of hosts, share the work, and any of
    them may die. They need the same INTERLOCK_SECRET_KEY, the same definitions and the same workers.yaml.

    For instance: `interlock run --port 8000 --store sqlite:////var/lib/interlock/interlock.db`
    """
    environ = environment()
    flags = {
        "host": host,
        # The predecessor's worker is started with an address: -p :9093.
        "port": port.removeprefix(":") if port is not None else None,
        "store": store,
        "role": role,
        "workers": workers,
        "machines": machines,
        "keep": keep,
        "log_level": log_level,
        "log_format": log_format,
    }
    if practice:
        from engine.cli.demonstration import demonstrate

        return demonstrate(flags, environ)
    settings = read_settings(flags, environ)
    start_logs(settings)

    from engine.serve.loop import run_loop
    from engine.serve.start import serve

    run_loop(serve(settings, environ, alone=True))
    return 0
