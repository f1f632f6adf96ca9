"""``interlock replay``: decide again from history, without effects."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.differences import report
from engine.cli.durations import duration
from engine.cli.looking import look_into
from engine.cli.options import Json, MachinesFolder, StoreUrl, WorkersFile, environment
from engine.cli.progress import progress
from engine.config.settings import read_settings
from engine.errors import SettingError
from engine.machine.compile import CompiledProvisioner
from engine.run.clock import now
from engine.run.replay import Difference, Replay
from engine.store import history
from engine.store.database import Connection, Store
from engine.store.history import HistoryRow

_PAGE = 200
#: Before any decision.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def replay(
    entity: Annotated[
        str | None, Parameter(help="The entity whose decisions are made again: SOC-12.", metavar="ENTITY")
    ] = None,
    *,
    since: Annotated[
        str | None, Parameter(help="All decisions since then: 24h, or 2026-01-31T12:00:00Z.", metavar="WHEN")
    ] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="All decisions there are.")] = False,
    current: Annotated[
        bool,
        Parameter(
            negative="", help="Decide with the definitions as they are now: what would a change have done?"
        ),
    ] = False,
    store: StoreUrl = None,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    json: Json = False,
) -> int:
    """Make recorded decisions again, from their recorded facts, and list every difference. No effect is performed.

    Without --current the definitions are those that decided then, read from the store: a difference means that another
    Interlock decided, or that the store was changed; of one entity the way from decision to decision is held together, too. With --current they are the files as they are now, so the list says
    which decisions a change would have made differently. The exit status is 1 if there is any difference.

    For instance: `interlock replay --since 24h --current`
    """
    if sum((entity is not None, since is not None, all_)) != 1:
        raise SettingError("say what to replay: an entity, --since or --all")
    moment = BEGINNING if since is None else _moment(since)
    provisioners = _provisioners(workers, machines) if current else None
    with look_into(store, patient=True) as opened:
        again = Replay(provisioners)
        found: list[Difference] = []
        checked = 0
        if entity is not None and not current:
            for item in _all_of(opened, entity, again):
                if isinstance(item, Difference):
                    found.append(item)
                else:
                    checked += 1
            return report(found, checked, "made again", json=json)
        rows = _of_entity(opened, entity) if entity is not None else _since(opened, moment)
        with progress("Replaying", None if entity is not None else _count(opened, moment)) as advance:
            for page in rows:
                with opened.read() as connection:
                    for row in page:
                        found += again.row(connection, row)
                checked += len(page)
                advance(len(page))
    return report(found, checked, "made again", json=json)


def _all_of(store: Store, entity: str, again: Replay) -> Iterator[Difference | HistoryRow]:
    """Its decisions, and what is wrong with them and with the way to them: what that does not lead to is not made again."""
    with store.read() as connection:
        for place in _places(connection, entity):
            yield from again.entity(connection, *place)


def _of_entity(store: Store, entity: str) -> Iterator[list[HistoryRow]]:
    with store.read() as connection:
        for place in _places(connection, entity):
            chain = history.chain(connection, *place)
            while page := list(islice(chain, _PAGE)):
                yield page


def _places(c: Connection, entity: str) -> list[tuple[str, str]]:
    places = history.places(c, entity)
    if not places:
        raise SettingError(f"nothing is known of {entity}; `interlock deliveries` shows what came in")
    return places


def _since(store: Store, moment: datetime) -> Iterator[list[HistoryRow]]:
    after_id = 0
    while True:
        with store.read() as connection:
            page = history.since(connection, moment, after_id, _PAGE)
        if page:
            yield page
            after_id = page[-1].id
        if len(page) < _PAGE:
            return


def _count(store: Store, moment: datetime) -> int:
    with store.read() as connection:
        return history.count_since(connection, moment)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return now() - duration(text, "--since")
    return found if found.tzinfo is not None else found.astimezone()


def _provisioners(workers: Path | None, machines: Path | None) -> Mapping[str, CompiledProvisioner]:
    from engine.processors.registry import load_processors
    from engine.run.load import load

    environ = environment()
    settings = read_settings({"workers": workers, "machines": machines}, environ)
    serving, _hub = load(settings.workers, settings.machines, load_processors(), environ).usable()
    return serving.provisioners
