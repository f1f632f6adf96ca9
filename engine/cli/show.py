"""``interlock show ENTITY``: where an entity is, how it came there, and what is still to be done."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.hiding import secrets_in
from engine.cli.looking import look_into
from engine.cli.options import COUNT, Json, StoreUrl, WorkersFile, settings_from
from engine.cli.served import why_unserved
from engine.cli.show_page import page_of
from engine.cli.tables import moment, print_json, print_table
from engine.run.clock import now
from engine.serve.logs import legible
from engine.store import history
from engine.store.database import Connection
from engine.store.tables import InboxStatus, OutboxStatus


def show(
    entity: Annotated[str, Parameter(help="The entity's name: SOC-12.")],
    *,
    project: Annotated[
        str | None, Parameter(help="Its project, where two have an entity of that name.", metavar="PROJECT")
    ] = None,
    limit: Annotated[
        int, Parameter(validator=COUNT, help="How many decisions and effects to show.", metavar="N")
    ] = 20,
    store: StoreUrl = None,
    workers: WorkersFile = None,
    json: Json = False,
) -> int:
    """Show what keeps an entity and until when, then its state, effects, last decisions, timers and context.

    What keeps it: a pause, a configuration that lacks its state, project or worker, a call that does not come through and when
    it is made again, a dead letter, people who are asked, a timer. That no worker serves its project any more is told by
    workers.yaml, if there is one here. The exit status is 1 if nothing is known of it, or if a row of it is damaged.

    For instance: `interlock show SOC-12`
    """
    with look_into(store) as opened, opened.read() as connection:
        found = _places(connection, entity, project)
        unserved = why_unserved(settings_from(workers=workers).workers, {name for name, _ in found})
        pages = [
            page_of(connection, *place, limit, now(), unserved=unserved.get(place[0])) for place in found
        ]
    if json:
        facts = [row["facts"] for page in pages for row in page["history"]]
        secrets = secrets_in((f.get("variables", {}), f.get("sensitive", ())) for f in facts)
        print_json(pages, secrets)
    for page in () if json else pages:
        _print(page)
    if not pages and not json:
        print(
            f"Nothing is known of {entity}: no accepted delivery named it. `interlock deliveries` shows what came in."
        )
    return 0 if pages and not any(page["damaged"] for page in pages) else 1


def _places(c: Connection, entity: str, project: str | None) -> list[tuple[str, str]]:
    """Project and exact name of every entity that the user may mean."""
    found = history.places(c, entity)
    return [place for place in found if project is None or place[0] == project.lower()]


def _print(page: dict[str, Any]) -> None:
    status = (
        f", last seen as {legible(page['observed_status'])!r} in the backend"
        if page["observed_status"]
        else ""
    )
    state = page["state"] if page["state"] is not None else "not decided yet"
    print(
        f"{page['entity']}  project {page['project']}  state {state}{status}  version {page['version'] or 0}"
    )
    for said in page["damaged"]:
        print(f"  DAMAGED: {legible(said)}; `interlock store check` says where")
    for kept in page["standing"]:
        print(f"  {_KINDS[kept['kind']]}: {legible(kept['because'])}{_until(kept)}")
    if not page["standing"] and not page["damaged"]:
        print("  nothing is to be done: it waits for its next event")
    print()
    _print_to_do(page)
    _print_history(page)
    if page["context"]:
        print(f"context {page['context']}")


#: What an operator reads for what keeps an entity, and for the moment that belongs to it.
_KINDS = {
    "paused": "paused",
    "unserved": "NOT SERVED",
    "parked": "PARKED",
    "waiting": "WAITS",
    "working": "at work",
    "behind": "queue",
    "given_up": "GIVEN UP",
    "awaiting": "asks",
    "timer": "timer",
}
_UNTIL = {"waiting": "; next attempt", "awaiting": ", until", "timer": ""}


def _until(kept: dict[str, Any]) -> str:
    return "" if kept["until"] is None else f"{_UNTIL[kept['kind']]} {moment(kept['until'])}"


def _print_to_do(page: dict[str, Any]) -> None:
    unfinished = [e for e in page["events"] if e["status"] in {InboxStatus.PENDING, InboxStatus.PERFORMING}]
    if unfinished:
        print_table(
            "Events not finished",
            ("event", "delivery", "status", "attempts", "next", "because"),
            [
                (e["event"], e["delivery"], e["status"], e["attempts"], moment(e["due_at"]), e["because"])
                for e in unfinished
            ],
        )
    if page["effects"]:
        print_table(
            "Effects, newest first",
            ("effect", "to", "worker", "status", "attempts", "next", "detail"),
            [
                (
                    f"{e['kind']} {e['name']}",
                    e["to"],
                    e["worker"],
                    e["status"],
                    e["attempts"],
                    moment(e["due_at"]) if e["status"] is OutboxStatus.PENDING else "",
                    e["detail"],
                )
                for e in page["effects"]
            ],
        )
    if page["timers"]:
        print_table(
            "Pending timers", ("timer", "due"), [(t["event"], moment(t["due_at"])) for t in page["timers"]]
        )
    if page["approvals"]:
        print_table(
            "Awaited",
            ("state", "since", "until", "who", "answers"),
            [
                (
                    asked["state"],
                    moment(datetime.fromisoformat(asked["since"])),
                    "" if asked["until"] is None else moment(datetime.fromisoformat(asked["until"])),
                    ", ".join(asked["from"]),
                    ", ".join(asked["choices"]),
                )
                for asked in page["approvals"]
            ],
        )


def _print_history(page: dict[str, Any]) -> None:
    if not page["history"]:
        return
    print_table(
        "History, newest first",
        ("version", "at", "event", "from", "to", "verdict", "because"),
        [
            (h["version"], moment(h["at"]), h["event"], h["before"], h["after"], h["verdict"], h["because"])
            for h in page["history"]
        ],
    )
    newest = page["history"][0]
    print(f"Trace of version {newest['version']}")
    for candidate in newest["trace"].candidates:
        taken = "taken" if candidate.taken else "not taken"
        on = f"{candidate.on}: " if candidate.on else ""
        print(
            f"  {candidate.place}  {on}{candidate.source} -> {candidate.target}: {taken}, {legible(candidate.reason)}"
        )
    if not newest["trace"].candidates:
        print("  no transition was looked at")
    print()
