"""``interlock deadletters bury``: give up what is parked, because no configuration will ever want it again."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from engine.cli.deadletters import OfEntity, Project, Yes
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.tables import print_json, print_table
from engine.errors import FencedError, SettingError
from engine.run.clock import now
from engine.store import parked as rows
from engine.store.parked import Parked

_PLANNED = 50


def bury(
    *,
    project: Project = None,
    entity: OfEntity = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Everything that is parked.")] = False,
    yes: Yes = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Make dead letters of what is parked, and of what waits behind it.

    Parked is what the configuration cannot decide or call: the definition lacks the entity's state, or workers.yaml has no such
    project or worker any more. A project that is out of service for good leaves nothing waiting then; should it come back,
    `interlock deadletters retry` puts all of it back at its place. An instance stays where it is. Without --yes only the plan
    is printed. The exit status is 1 if nothing of that is parked.

    For instance: `interlock deadletters bury --project soc`
    """
    if not (project or entity or all_):
        raise SettingError("say what: --project, --entity or --all")
    skipped = []
    with look_into(store) as opened:
        with opened.read() as connection:
            found = rows.find(connection, project=project, entity_id=entity)
        for one in found if yes else ():
            try:
                opened.write(partial(rows.bury, parked=one, now=now()))
            except FencedError as error:
                skipped.append(str(error))
    if json:
        done = len(found) - len(skipped) if yes else 0
        print_json({"plan": [_as_json(one) for one in found], "changed": done, "skipped": skipped})
    elif not found:
        print("Nothing of that is parked; `interlock show ENTITY` says what keeps an entity.")
    else:
        table = [(p.project, p.entity_id, p.event, p.because or "behind that") for p in found[:_PLANNED]]
        print_table(f"Bury {len(found)} event(s)", ("project", "entity", "event", "because"), table)
        if len(found) > _PLANNED:
            print(f"… and {len(found) - _PLANNED} more")
        for line in skipped:
            print(line)
        print(f"{len(found) - len(skipped)} done." if yes else "Nothing was changed; add --yes to do it.")
    return 0 if found and not skipped else 1


def _as_json(parked: Parked) -> dict[str, object]:
    return {
        "project": parked.project,
        "entity": parked.entity_id,
        "event": parked.event,
        "number": parked.inbox_id,
        "effect": parked.outbox_id,
        "because": parked.because,
    }
