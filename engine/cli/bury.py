"""``interlock deadletters bury``: give up what is parked, because no configuration will ever want it again."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from engine.cli.deadletters import OfEntity, Project, Yes
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.plans import change_all, tell_plan
from engine.cli.tables import print_table
from engine.errors import SettingError
from engine.store import parked as rows
from engine.store.parked import Parked


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
    with look_into(store) as opened:
        with opened.read() as connection:
            found = rows.find(connection, project=project, entity_id=entity)
        skipped = change_all(opened, found, rows.bury) if yes else []
    return tell_plan(
        found,
        skipped,
        yes=yes,
        json=_as_json if json else None,
        table=lambda shown: _print_table(len(found), shown),
        nothing="Nothing of that is parked; `interlock show ENTITY` says what keeps an entity.",
    )


def _print_table(count: int, shown: Sequence[Parked]) -> None:
    listed = [(p.project, p.entity_id, p.event, p.because or "behind that") for p in shown]
    print_table(f"Bury {count} event(s)", ("project", "entity", "event", "because"), listed)


def _as_json(parked: Parked) -> dict[str, object]:
    return {
        "project": parked.project,
        "entity": parked.entity_id,
        "event": parked.event,
        "number": parked.inbox_id,
        "effect": parked.outbox_id,
        "because": parked.because,
    }
