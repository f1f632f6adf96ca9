"""``interlock deadletters``: what was given up, and what to do about it. Works beside a running daemon or without one."""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from engine.cli.durations import duration
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl
from engine.cli.plans import change_all, tell_plan
from engine.cli.tables import moment, print_json, print_table
from engine.errors import SettingError
from engine.run.clock import now
from engine.store import deadletters as letters
from engine.store import inbox, outbox
from engine.store.database import Connection
from engine.store.deadletters import DeadLetter, LetterKind, Wanted

Names = Annotated[str, Parameter(help="Dead letters as `list` names them: event-12, action-7.")]
Project = Annotated[str | None, Parameter(help="Only those of this project.", metavar="PROJECT")]
OfEntity = Annotated[
    str | None, Parameter(name="--entity", help="Only those of this entity.", metavar="ENTITY")
]
OlderThan = Annotated[
    str | None,
    Parameter(
        name="--older-than",
        help="Only those that died longer ago: 2d, 12h.",
        metavar="DURATION",
        allow_leading_hyphen=True,
    ),
]
All = Annotated[bool, Parameter(name="--all", negative="", help="Every dead letter there is.")]
Yes = Annotated[bool, Parameter(name="--yes", negative="", help="Do it; otherwise only the plan is printed.")]

_NAME = re.compile(r"(event|action)-([0-9]{1,18})")


def list_(
    *,
    project: Project = None,
    entity: OfEntity = None,
    older_than: OlderThan = None,
    limit: Annotated[int, Parameter(help="How many to list, oldest first.", metavar="N")] = 50,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """List dead letters: events that were given up, and actions that were."""
    wanted = _wanted((), project, entity, older_than)
    with look_into(store) as opened, opened.read() as connection:
        found = letters.find(connection, wanted, limit + 1)
    if more := len(found) > limit:
        found = found[:limit]
    if json:
        print_json([_as_json(letter) for letter in found])
    elif found:
        _print_table("", found)
    else:
        chosen = project is not None or entity is not None or older_than is not None
        print("There is no such dead letter." if chosen else "There are no dead letters.")
    if more:
        print(f"There are more than these {limit}: --limit shows more of them.", file=sys.stderr)
    return 0


def show(name: Names, *, store: StoreUrl = None, json: Json = False) -> int:
    """Show one dead letter with every attempt and what the backend answered."""
    with look_into(store) as opened, opened.read() as connection:
        found = letters.find(connection, _wanted((name,), None, None, None))
        if not found:
            print(f"{name} is no dead letter.")
            return 1
        tried = _attempts(connection, found[0])
    (letter,) = found
    if json:
        print_json({**_as_json(letter), "effects": tried})
        return 0
    print(f"{letter.name}: {_what(letter)} of {letter.entity_id}, project {letter.project}")
    print(f"died {moment(letter.died_at)} after {letter.attempts} attempt(s): {letter.because}")
    if letter.delivery is None:
        print("from the engine itself: no delivery brought it\n")
    else:
        print(f"from delivery {letter.delivery}: interlock deliveries {letter.delivery}\n")
    for effect in tried:
        print_table(
            f"{effect['kind']} {effect['name']}, key {effect['idempotency_key']}",
            ("attempt", "at", "outcome", "detail", "exchanges"),
            [
                (
                    a["number"],
                    moment(a["at"]),
                    a["outcome"],
                    a["detail"],
                    "\n".join(f"{e.method} {e.url} {e.status}" for e in a["exchanges"]),
                )
                for a in effect["attempts"]
            ],
        )
    return 0


def retry(
    *names: Names,
    project: Project = None,
    entity: OfEntity = None,
    older_than: OlderThan = None,
    all_: All = False,
    yes: Yes = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Put dead letters back at their place in their entities' lanes; a running daemon takes them up within a second.

    An event is decided again, from where its entity is now. An action keeps its idempotency key, and the backend is
    asked before it is called again. Without --yes only the plan is printed.

    For instance: `interlock deadletters retry --project soc`
    """
    wanted = _chosen(names, project, entity, older_than, every=all_)
    return _perform("Retry", wanted, letters.retry, store, yes=yes, json=json)


def drop(
    *names: Names,
    project: Project = None,
    entity: OfEntity = None,
    older_than: OlderThan = None,
    all_: All = False,
    yes: Yes = False,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Settle dead letters without doing anything about them; they stay in the entity's history.

    Without --yes only the plan is printed.

    For instance: `interlock deadletters drop event-12`
    """
    wanted = _chosen(names, project, entity, older_than, every=all_)
    return _perform("Drop", wanted, letters.drop, store, yes=yes, json=json)


def _perform(
    verb: str,
    wanted: Wanted,
    change: Callable[[Connection, DeadLetter, datetime], None],
    store: str | None,
    *,
    yes: bool,
    json: bool,
) -> int:
    with look_into(store) as opened:
        with opened.read() as connection:
            found = letters.find(connection, wanted)
        skipped = change_all(opened, found, change) if yes else []
    return tell_plan(
        found,
        skipped,
        yes=yes,
        json=_as_json if json else None,
        table=lambda shown: _print_table(f"{verb} {len(found)} dead letter(s)", shown),
        nothing="There is no such dead letter.",
    )


def _chosen(
    names: Sequence[str], project: str | None, entity: str | None, older_than: str | None, *, every: bool
) -> Wanted:
    if not (names or project or entity or older_than or every):
        raise SettingError("say which dead letters: their names, --project, --entity, --older-than or --all")
    return _wanted(names, project, entity, older_than)


def _wanted(names: Sequence[str], project: str | None, entity: str | None, older_than: str | None) -> Wanted:
    numbers = None
    if names:
        read = [_NAME.fullmatch(name) for name in names]
        wrong = [name for name, match in zip(names, read, strict=True) if match is None]
        if wrong:
            raise SettingError(f"{wrong[0]!r} is no dead letter's name; they are like event-12 and action-7")
        numbers = frozenset((LetterKind(match[1]), int(match[2])) for match in read if match is not None)
    before = None if older_than is None else now() - duration(older_than, "--older-than")
    return Wanted(project=project, entity_id=entity, before=before, numbers=numbers)


def _attempts(c: Connection, letter: DeadLetter) -> list[dict[str, Any]]:
    if letter.kind is LetterKind.ACTION:
        row = outbox.get(c, letter.number)
        rows = [] if row is None else [row]
    else:
        event = inbox.get(c, letter.number)
        rows = [] if event is None else outbox.of_event(c, event.id)
    return [
        {
            "kind": row.effect.kind,
            "name": row.effect.name,
            "status": row.status,
            "idempotency_key": row.key,
            "attempts": [
                {
                    "number": a.number,
                    "at": a.at,
                    "outcome": a.attempt.outcome,
                    "detail": a.attempt.detail,
                    "exchanges": a.attempt.exchanges,
                }
                for a in outbox.attempts_of(c, row.id)
            ],
        }
        for row in rows
    ]


def _what(letter: DeadLetter) -> str:
    if letter.kind is LetterKind.EVENT:
        return f"event {letter.event}"
    return f"{letter.worker} {letter.action}".strip()


def _print_table(title: str, found: Sequence[DeadLetter]) -> None:
    print_table(
        title,
        ("name", "died", "project", "entity", "what", "attempts", "because"),
        [(r.name, moment(r.died_at), r.project, r.entity_id, _what(r), r.attempts, r.because) for r in found],
    )


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "name": letter.name,
        "kind": letter.kind,
        "project": letter.project,
        "entity": letter.entity_id,
        "event": letter.event,
        "action": letter.action,
        "worker": letter.worker,
        "attempts": letter.attempts,
        "died_at": letter.died_at,
        "because": letter.because,
        "delivery": letter.delivery,
    }
