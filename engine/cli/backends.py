"""``interlock backends``: how the backends stand with a running daemon, from its circuit breakers."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.calls import call_json
from engine.cli.options import Json, settings_from
from engine.cli.tables import moment, print_json, print_table

#: What an operator reads for each state of a breaker.
_STATES = {"closed": "called", "open": "left alone", "half_open": "being tried"}


def backends(
    *,
    daemon: Annotated[
        list[str] | None,
        Parameter(
            name="--daemon",
            negative="",
            help="A daemon's address, several times for several daemons [default: the one that --host and --port of `run` name; "
            "token: env INTERLOCK_TOKEN].",
            metavar="URL",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """List the workers that a daemon calls: whether their circuit is closed, open until when, or half open, and why.

    `waiting` counts the entities that wait until the circuit closes, `put off` those that wait for a moment of their own, after a
    Retry-After or between attempts; `next` is the first of these moments. `interlock retry` tries them at once.

    Each daemon has its own view: one that works no lanes calls nobody. The exit status is 1 if any backend is left alone.

    For instance: `interlock backends --daemon http://127.0.0.1:9091`
    """
    settings = settings_from()
    headers = {"authorization": f"Bearer {settings.token}"} if settings.token else {}
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    asked = daemon or [f"http://{host}:{settings.port}"]
    found: list[dict[str, Any]] = [
        {"daemon": url, **standing}
        for url in asked
        for standing in call_json("GET", f"{url.rstrip('/')}/backends/list", None, headers)["data"]
    ]
    if json:
        print_json(found)
    elif found:
        print_table("", _TITLES if len(asked) > 1 else _TITLES[1:], [_row(s, len(asked) > 1) for s in found])
    else:
        print("It calls no backend: it only receives.")
    return 0 if all(standing["circuit"] == "closed" for standing in found) else 1


_TITLES = (
    "daemon",
    "backend",
    "circuit",
    "until",
    "waiting",
    "put off",
    "next",
    "failures",
    "last failure",
    "error",
)


def _row(standing: dict[str, Any], named: bool) -> tuple[Any, ...]:
    circuit = standing["circuit"]
    row = (
        standing["backend"],
        f"{circuit.replace('_', ' ')}: {_STATES[circuit]}",
        _moment(standing["until"]),
        standing["waiting"],
        "?" if standing["put_off"] is None else standing["put_off"],
        _moment(standing["next_at"]),
        standing["failures"],
        _moment(standing["failed_at"]),
        standing["error"] or "",
    )
    return (standing["daemon"], *row) if named else row


def _moment(text: str | None) -> str:
    return "" if text is None else moment(datetime.fromisoformat(text))
