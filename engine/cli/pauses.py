"""``interlock pause`` and ``resume``: let nothing happen for a project or a worker for a while; receiving goes on."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.tables import moment, print_json, print_table
from engine.errors import SettingError
from engine.run.clock import now
from engine.store import pauses as rows
from engine.store.pauses import EVERYTHING, Pause
from engine.store.tables import PauseKind

Projects = Annotated[str, Parameter(help="Projects, as their provisioners are named: soc.")]
WorkerNames = Annotated[
    list[str] | None,
    Parameter(
        name="--worker",
        negative="",
        help="A worker of workers.yaml; can be given several times.",
        metavar="WORKER",
    ),
]
All = Annotated[bool, Parameter(name="--all", negative="", help="Everything; deliveries are still received.")]


def pause(
    *projects: Projects,
    worker: WorkerNames = None,
    all_: All = False,
    reason: Annotated[str, Parameter(help="Why, for whoever looks later.", metavar="TEXT")] = "",
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Decide and call nothing more for projects, or call nothing more of a worker, until `interlock resume`.

    Deliveries are received and kept. What is under way is finished. Every daemon of the store obeys within a second,
    also after a restart.

    For instance: `interlock pause soc --reason "the release is stopped"`
    """
    what = _what(projects, worker, every=all_)
    with look_into(store) as opened:
        opened.write(lambda c: rows.pause(c, what, reason, now()))
        with opened.read() as connection:
            found = rows.find(connection)
    return _print(found, json=json)


def resume(
    *projects: Projects,
    worker: WorkerNames = None,
    all_: Annotated[
        bool, Parameter(name="--all", negative="", help="Whatever was paused by `pause --all`.")
    ] = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Let projects and workers go on; with --all, everything that was paused by `pause --all`.

    What came meanwhile is decided in its order.

    For instance: `interlock resume soc`
    """
    what = _what(projects, worker, every=all_)
    with look_into(store) as opened:
        lifted = opened.write(lambda c: rows.lift(c, what))
        with opened.read() as connection:
            found = rows.find(connection)
    missing = [_name(kind, name) for kind, name in what if (kind, name) not in lifted]
    if not json:
        for name in missing:
            print(f"{name} was not paused.")
    _print(found, json=json)
    return 1 if missing else 0


def pauses(*, store: StoreUrl = None, json: Json = False) -> int:
    """List what is paused, since when and why."""
    with look_into(store) as opened, opened.read() as connection:
        found = rows.find(connection)
    return _print(found, json=json)


def _what(
    projects: Sequence[str], workers: Sequence[str] | None, *, every: bool
) -> list[tuple[PauseKind, str]]:
    what = [(PauseKind.PROJECT, name.lower()) for name in projects]
    what += [(PauseKind.WORKER, name) for name in workers or ()]
    what += [(PauseKind.ALL, EVERYTHING)] if every else []
    if not what:
        raise SettingError("say what: projects by their names, --worker NAME, or --all")
    return what


def _print(found: Sequence[Pause], *, json: bool) -> int:
    if json:
        print_json([{"kind": p.kind, "name": p.name, "since": p.since, "reason": p.reason} for p in found])
    elif not found:
        print("Nothing is paused.")
    else:
        print_table(
            "Paused",
            ("what", "since", "reason"),
            [(_name(p.kind, p.name), moment(p.since), p.reason) for p in found],
        )
    return 0


def _name(kind: PauseKind, name: str) -> str:
    return "everything" if kind is PauseKind.ALL else f"{kind.value} {name}"
