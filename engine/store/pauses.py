"""Pauses: what an operator wants nothing to be decided or called for, until it is lifted. Every daemon obeys them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, or_, select

from engine.store import wakes
from engine.store.prepared import insert_row
from engine.store.tables import PauseKind, pauses

#: The name of what is paused where the kind is all there is to say.
EVERYTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pause:
    """One thing that is paused."""

    kind: PauseKind
    #: The project or the worker; empty where everything is paused.
    name: str
    #: What the operator said.
    reason: str
    since: datetime


_ALL = select(pauses.c.kind, pauses.c.name, pauses.c.reason, pauses.c.since).order_by(
    pauses.c.kind, pauses.c.name
)


def held(project: Column[str]) -> ColumnElement[bool]:
    """In a statement: whether the project of a row is paused."""
    of_project = and_(pauses.c.kind == PauseKind.PROJECT, pauses.c.name == project)
    return select(pauses.c.kind).where(or_(pauses.c.kind == PauseKind.ALL, of_project)).exists()


def find(c: Connection) -> list[Pause]:
    """Everything that is paused."""
    return [Pause(**row._asdict()) for row in c.execute(_ALL)]


def pause(c: Connection, what: Iterable[tuple[PauseKind, str]], reason: str, now: datetime) -> None:
    """Pause these; what is paused already stays so since then, with the new reason if there is one."""
    held = {(p.kind, p.name): p for p in find(c)}
    for kind, name in dict.fromkeys(what):
        before = held.get((kind, name))
        if before is not None:
            _forget(c, kind, name)
        words = reason or (before.reason if before is not None else "")
        since = before.since if before is not None else now
        insert_row(c, pauses, {"kind": kind, "name": name, "reason": words, "since": since})


def lift(c: Connection, what: Iterable[tuple[PauseKind, str]]) -> list[tuple[PauseKind, str]]:
    """Let these go on; returns those that were paused."""
    lifted = [(kind, name) for kind, name in dict.fromkeys(what) if _forget(c, kind, name)]
    if lifted:
        wakes.touch_all(c)
    return lifted


def _forget(c: Connection, kind: PauseKind, name: str) -> bool:
    return c.execute(delete(pauses).where(pauses.c.kind == kind, pauses.c.name == name)).rowcount == 1
