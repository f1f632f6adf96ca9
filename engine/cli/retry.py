"""``interlock retry``: try at once what waits for its next attempt, because its backend is well again."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.tables import moment, print_json, print_table
from engine.errors import SettingError
from engine.run.clock import now
from engine.store import waiting as rows
from engine.store.database import Store
from engine.store.waiting import Waiting


def retry(
    *entities: Annotated[str, Parameter(help="Entities that wait: SOC-12.")],
    project: Annotated[
        str | None, Parameter(help="Only those of this project; alone: all of it.", metavar="PROJECT")
    ] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Everything that waits.")] = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Try at once what waits for its next attempt: a call that was put off by Retry-After, an event that could not be decided.

    A running daemon takes it up within a second. A call keeps its idempotency key, and the attempt counts like any other; if
    the backend refuses again, it waits again. A backend whose circuit is open is still left alone, and a pause still holds.
    What was given up is put back with `interlock deadletters retry`. The exit status is 1 if nothing waited.

    For instance: `interlock retry SOC-12`
    """
    if not (entities or project or all_):
        raise SettingError("say what: entities by their names, --project, or --all")
    with look_into(store) as opened:
        found = [one for name in entities or (None,) for one in _find(opened, name, project)]
        hurried = [one for one in found if opened.write(partial(rows.hurry, waiting=one, now=now()))]
    if json:
        print_json([{"project": w.project, "entity": w.entity_id, "until": w.until} for w in hurried])
    elif hurried:
        table = [(w.project, w.entity_id, moment(w.until)) for w in hurried]
        print_table("Tried now", ("project", "entity", "would have waited until"), table)
    else:
        print(
            "Nothing of that waits for its next attempt; `interlock show ENTITY` says what keeps an entity."
        )
    return 0 if hurried else 1


def _find(store: Store, entity: str | None, project: str | None) -> list[Waiting]:
    with store.read() as connection:
        return rows.find(connection, now(), entity_id=entity, project=project)
