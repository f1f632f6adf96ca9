"""``interlock verify``: is the history whole, and does it come out the same again?"""

from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter

from engine.cli.differences import report
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.progress import progress
from engine.cli.replay import BEGINNING
from engine.errors import SettingError, StoreError
from engine.run.replay import Difference, Part, Replay, around, beside
from engine.store import history
from engine.store.database import Store
from engine.store.history import HistoryRow

_PAGE = 200


def verify(
    entity: Annotated[str | None, Parameter(help="Only this entity: SOC-12.", metavar="ENTITY")] = None,
    *,
    project: Annotated[
        str | None, Parameter(help="Its project, where two have an entity of that name.", metavar="PROJECT")
    ] = None,
    thorough: Annotated[
        bool,
        Parameter(
            negative="",
            help="For one entity, too, look through the whole store for rows of it that nothing leads to.",
        ),
    ] = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Walk each entity's chain of hashes, and make every decision again, bit for bit, without network or effects.

    A row that was changed, one that is missing, a history whose end was cut off and a changed instance show; so does a
    decision that comes out differently from what was recorded. Of one entity, what its instance and its decisions lead to is
    read; rows that nothing leads to any more (a decision beside the chain, an event whose decision was removed together with
    what the instance knew of it) are found by --thorough, or without ENTITY, with a look at every row. Needs no definitions and no workers: all that decided is in
    the store. The exit status is 1 if anything does not agree.

    For instance: `interlock verify SOC-12`
    """
    with look_into(store, patient=True) as opened:
        found: list[Difference] = []
        checked = 0
        replay = Replay()
        with progress("Verifying", _count(opened) if entity is None else None) as advance:
            places = None if entity is None else _named(opened, entity, project)
            for place in _all(opened, project) if places is None else places:
                for item in _entity(opened, replay, *place):
                    if isinstance(item, Difference):
                        found.append(item)
                    else:
                        checked += 1
                        advance(1)
        for place in places or ():
            with opened.read() as connection:
                found += (around if thorough else beside)(connection, place)
        if places is None:
            with opened.read() as connection:
                found += (one for one in around(connection) if _is_of(one, project))
    return report(found, checked, "verified", json=json)


def _entity(store: Store, replay: Replay, project: str, entity_id: str) -> Iterator[Difference | HistoryRow]:
    try:
        with store.read() as connection:  # one entity's own snapshot: the daemon may go on writing
            yield from replay.entity(connection, project, entity_id)
    except StoreError as error:
        yield Difference(
            project=project, entity_id=entity_id, version=None, part=Part.ROW, because=str(error)
        )


def _count(store: Store) -> int:
    with store.read() as connection:
        return history.count_since(connection, BEGINNING)


def _named(store: Store, entity: str, project: str | None) -> list[tuple[str, str]]:
    with store.read() as connection:
        named = history.places(connection, entity)
    found = [place for place in named if project is None or place[0] == project.lower()]
    if not found:
        raise SettingError(f"nothing is known of {entity}; `interlock deliveries` shows what came in")
    return found


def _is_of(difference: Difference, project: str | None) -> bool:
    return project is None or difference.project == project.lower()


def _all(store: Store, project: str | None) -> Iterator[tuple[str, str]]:
    after = ("", "")
    while True:
        with store.read() as connection:
            page = history.entities(connection, after, _PAGE)
        yield from (p for p in page if project is None or p[0] == project.lower())
        if len(page) < _PAGE:
            return
        after = page[-1]
