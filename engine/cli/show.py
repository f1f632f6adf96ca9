"""``interlock show ENTITY``: where an entity is, how it came there, and what is still to be done."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.hiding import secrets_in
from engine.cli.options import COUNT, Json, StoreUrl, settings_from
from engine.cli.tables import moment, print_json, print_table
from engine.machine.masks import shown_context, shown_facts
from engine.run.answering import as_json, asked_of
from engine.serve.logs import legible
from engine.serve.start import open_existing_store
from engine.store import history, inbox, instances, outbox, pauses
from engine.store.database import Connection
from engine.store.tables import PauseKind


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
    json: Json = False,
) -> int:
    """Show an entity's state, its last decisions, its pending timers, whom it awaits, and its pending effects.

    For instance: `interlock show SOC-12`
    """
    opened = open_existing_store(settings_from(store=store))
    try:
        with opened.read() as connection:
            found = _places(connection, entity, project)
            pages = [_page(connection, *place, limit) for place in found]
    finally:
        opened.close()
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
    return 0 if pages else 1


def _places(c: Connection, entity: str, project: str | None) -> list[tuple[str, str]]:
    """Project and exact name of every entity that the user may mean."""
    found = [(i.project, i.entity_id) for i in instances.find(c, entity)]
    if not found:  # received, and not decided yet
        key = entity.upper()
        waiting = (project or key.rpartition("-")[0]).lower()
        found = [(waiting, key)] if inbox.of_entity(c, waiting, key, 1) else []
    return [place for place in found if project is None or place[0] == project.lower()]


def _page(c: Connection, project: str, entity_id: str, limit: int) -> dict[str, Any]:
    instance = instances.load(c, project, entity_id)
    return {
        "entity": entity_id,
        "project": project,
        "state": instance.snapshot.state if instance is not None else None,
        "observed_status": instance.observed_status if instance is not None else None,
        "version": instance.snapshot.version if instance is not None else None,
        "context": shown_context(instance.snapshot) if instance is not None else {},
        "machine_hash": instance.machine_hash if instance is not None else None,
        "updated_at": instance.updated_at if instance is not None else None,
        "timers": [
            {"event": event, "due_at": datetime.fromisoformat(due)}
            for event, due in sorted(instance.snapshot.timers.items(), key=lambda item: item[1])
        ]
        if instance is not None
        else [],
        "paused": [
            {"kind": p.kind, "since": p.since, "reason": p.reason}
            for p in pauses.find(c)
            if p.kind is PauseKind.ALL or (p.kind is PauseKind.PROJECT and p.name == project)
        ],
        "approvals": [as_json(asked) for asked in asked_of(instance)] if instance is not None else [],
        "history": [
            {
                "version": row.version,
                "at": row.at,
                "event": row.event,
                "before": row.before,
                "after": row.after,
                "verdict": row.verdict,
                "because": row.trace.because,
                "facts": shown_facts(row.facts),
                "trace": row.trace,
            }
            for row in history.of_entity(c, project, entity_id, limit)
        ],
        "events": [
            {
                "number": row.id,
                "delivery": row.delivery_row_id,
                "event": row.event,
                "status": row.status,
                "verdict": row.verdict,
                "attempts": row.attempts,
                "due_at": row.due_at,
                "because": row.because,
            }
            for row in inbox.of_entity(c, project, entity_id, limit)
        ],
        "effects": [
            {
                "number": row.id,
                "event": row.inbox_id,
                "kind": row.effect.kind,
                "name": row.effect.name,
                "worker": row.effect.worker,
                "to": row.effect.target_status or row.effect.target,
                "status": row.status,
                "attempts": row.attempts,
                "due_at": row.due_at,
                "detail": row.last_detail,
                "idempotency_key": row.key,
            }
            for row in outbox.of_entity(c, project, entity_id, limit)
        ],
    }


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
    if page["context"]:
        print(f"context {page['context']}")
    for paused in page["paused"]:
        what = "everything" if paused["kind"] is PauseKind.ALL else f"project {page['project']}"
        why = f": {paused['reason']}" if paused["reason"] else ""
        print(f"{what} is paused since {moment(paused['since'])}{why}; `interlock resume` lets it go on")
    print()
    if page["history"]:
        print_table(
            "History, newest first",
            ("version", "at", "event", "from", "to", "verdict", "because"),
            [
                (
                    h["version"],
                    moment(h["at"]),
                    h["event"],
                    h["before"],
                    h["after"],
                    h["verdict"],
                    h["because"],
                )
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
    unfinished = [e for e in page["events"] if e["status"] != "done"]
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
            ("effect", "to", "worker", "status", "attempts", "detail"),
            [
                (f"{e['kind']} {e['name']}", e["to"], e["worker"], e["status"], e["attempts"], e["detail"])
                for e in page["effects"]
            ],
        )
