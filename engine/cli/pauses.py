"""``interlock pause`` and ``resume``: let nothing happen for a project or a worker for a while; receiving goes on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl, WorkersFile, environment
from engine.cli.tables import moment, print_json, print_table
from engine.config.settings import read_settings
from engine.config.suggest import did_you_mean
from engine.config.workers import Worker, read_workers
from engine.errors import SettingError
from engine.run.clock import now
from engine.store import instances
from engine.store import pauses as rows
from engine.store.database import Store
from engine.store.pauses import EVERYTHING, Pause
from engine.store.tables import PauseKind

#: Workers that need no entry in workers.yaml.
_ALWAYS = ("http",)
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
    anyway: Annotated[
        bool,
        Parameter(
            name="--anyway",
            negative="",
            help="Also what is not known here: where workers.yaml is on another machine, or before it names it.",
        ),
    ] = False,
    store: StoreUrl = None,
    workers: WorkersFile = None,
    json: Json = False,
) -> int:
    """Decide and call nothing more for projects, or call nothing more of a worker, until `interlock resume`.

    Deliveries are received and kept. What is under way is finished. Every daemon of the store obeys within a second,
    also after a restart. A project or worker that neither workers.yaml nor the store knows is refused.

    For instance: `interlock pause soc --reason "the release is stopped"`
    """
    what = _what(projects, worker, every=all_)
    with look_into(store) as opened:
        if not anyway:
            _expect_known(opened, what, read_settings({"workers": workers}, environment()).workers)
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


def _expect_known(store: Store, what: Sequence[tuple[PauseKind, str]], workers_file: Path) -> None:
    """`SettingError` that names what is most likely meant, if a name is none of a project or worker."""
    configured = _configured(workers_file)
    known = {
        PauseKind.WORKER: {*(worker.name for worker in configured), *_ALWAYS},
        PauseKind.PROJECT: {project for worker in configured for project in worker.projects},
    }
    for kind, name in what:
        if kind is PauseKind.PROJECT and name not in known[kind]:
            with store.read() as connection:
                known[kind] |= instances.projects(connection)
        if kind is not PauseKind.ALL and name not in known[kind]:
            raise SettingError(
                f'no {kind.value} is named "{name}" in {workers_file}, and nothing was paused. '
                f"{did_you_mean(name, known[kind])} With --anyway it is paused all the same"
            )


def _configured(workers_file: Path) -> Sequence[Worker]:
    try:
        text = workers_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{workers_file} cannot be read, so nobody knows whether there is such a name: give it with --workers, or "
            "pause with --anyway"
        ) from error
    read = read_workers(text, str(workers_file))
    return () if read.workers is None else read.workers.workers


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
