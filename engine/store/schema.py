"""Which schema a store has, and how it gets the current one.

A current store is recognised by one row; Alembic is imported only to bring an older one forward.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, text

from engine.errors import StoreError, StoreTooNewError
from engine.store.tables import hooks, metadata

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest migration in `migrations/versions`; a test holds the two together.
REVISION = "0007"
_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION_TABLE = "alembic_version"
_ANY_HOOK = select(hooks.c.id).limit(1)
_BEGUN = "rows are written once more, all or none of them: a large store takes minutes, one that is stopped begins again"
#: How often it is told what is being done.
_TOLD_SECONDS = 10.0

#: Hears of a store that is brought forward: which revision it has, and what is done about it now.
Told = Callable[[str, str], None]


def is_current(c: Connection, store: str) -> bool:
    """Whether the store has this release's schema; `StoreTooNewError` if it has a later one's."""
    found = revision(c, store)
    if found is not None and found > REVISION:
        raise StoreTooNewError(
            f"{store} was written by a newer Interlock (schema {found}, this one knows {REVISION}): "
            "upgrade Interlock, or restore a backup made before"
        )
    return found == REVISION


def has_hooks(c: Connection) -> bool:
    """Whether a hook is registered in the store; every schema, older or newer, is asked alike."""
    if not inspect(c).has_table(hooks.name):
        return False
    return c.execute(_ANY_HOOK).first() is not None


def bring_forward(
    c: Connection, store: str, told: Told, alone: Callable[[Callable[[str], None]], None]
) -> None:
    """Inside one transaction, make the schema in an empty store, or migrate an older one.

    `told` hears what is done to an older one; `alone` returns when no process uses it, and is given who hears what it waits for.
    """
    if is_current(c, store):  # another process was first
        return
    found = revision(c, store)
    if found is None:
        metadata.create_all(c, checkfirst=False)
        c.execute(text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        c.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES (:revision)"), {"revision": REVISION})  # noqa: S608
        return
    alone(lambda because: told(found, because))
    told(found, _BEGUN)
    migrate(c, _now_and_then(lambda because: told(found, because)))


def _now_and_then(told: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but not more often than somebody wants to read it."""
    last = time.monotonic()

    def tell(because: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _TOLD_SECONDS:
            last = time.monotonic()
            told(because)

    return tell


def migrate(c: Connection, told: Callable[[str], None]) -> None:
    """Run the migrations that the store has not seen, on this connection; `told` hears what is being done, often."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(c, told), "head")
    except CommandError as error:
        raise StoreError(f"the store cannot be brought forward: {error}; nothing was changed") from error


def alembic_config(c: Connection, told: Callable[[str], None] = lambda _: None) -> "Config":
    """Alembic's configuration, without a file: the migrations of this package on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = c
    config.attributes["told"] = told
    return config


def revision_of(c: sqlite3.Connection) -> str | None:
    """The revision that a file says it has; None if it says none. `sqlite3.DatabaseError` if it cannot be read."""
    if c.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_VERSION_TABLE,)).fetchone() is None:
        return None
    row = c.execute(f"SELECT version_num FROM {_VERSION_TABLE}").fetchone()  # noqa: S608
    return None if row is None else str(row[0])


def revision(c: Connection, store: str) -> str | None:
    """The schema's revision; None if the store is empty."""
    names = set(inspect(c).get_table_names())
    if not names:
        return None
    others = names - {_VERSION_TABLE}
    if _VERSION_TABLE not in names or (others and others.isdisjoint(metadata.tables)):
        raise StoreError(f"{store} is a database of something else: name another one with --store")
    return c.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar_one_or_none() or ""  # noqa: S608
