"""Changes to many rows: the plan first, and with ``--yes`` done in short transactions, beside a running daemon or without one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from engine.cli.tables import print_json
from engine.errors import FencedError
from engine.run.clock import now
from engine.store.database import Connection, Store

#: How many are changed in one transaction: a daemon beside us never waits long.
_BATCH = 200
_PLANNED = 50

T = TypeVar("T")


def change_all(
    store: Store, found: Sequence[T], change: Callable[[Connection, T, datetime], None]
) -> list[str]:
    """Change them in order; returns why some could not be: they went on meanwhile."""
    skipped: list[str] = []
    for start in range(0, len(found), _BATCH):
        works = [
            store.submit(partial(_change, change=change, one=one)) for one in found[start : start + _BATCH]
        ]
        for work in works:
            try:
                work.result()
            except FencedError as error:
                skipped.append(str(error))
    return skipped


def _change(c: Connection, change: Callable[[Connection, T, datetime], None], one: T) -> None:
    change(c, one, now())


def tell_plan(
    found: Sequence[T],
    skipped: Sequence[str],
    *,
    yes: bool,
    json: Callable[[T], Any] | None,
    table: Callable[[Sequence[T]], None],
    nothing: str,
) -> int:
    """Print what is planned, or what was done, and return the exit status: 1 if there was nothing, or some was skipped.

    `json` makes an object of each, None where people read: then `table` prints them, or `nothing` is said.
    """
    done = len(found) - len(skipped) if yes else 0
    if json is not None:
        print_json({"plan": [json(one) for one in found], "changed": done, "skipped": list(skipped)})
    elif not found:
        print(nothing)
    else:
        table(found[:_PLANNED])
        if len(found) > _PLANNED:
            print(f"… and {len(found) - _PLANNED} more")
        for line in skipped:
            print(line)
        print(f"{done} done." if yes else "Nothing was changed; add --yes to do it.")
    return 0 if found and not skipped else 1
