"""Which schema a store has, and how it gets the current one.

A current store is recognised by one row; Alembic is imported only to bring an older one forward.
"""

import sqlite3
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


def is_current(c: Connection, store: str) -> bool:
    """Whether the store has this release's schema; `StoreTooNewError` if it has a later one's."""
    revision = _revision(c, store)
    if revision is not None and revision > REVISION:
        raise StoreTooNewError(
            f"{store} was written by a newer Interlock (schema {revision}, this one knows {REVISION}): "
            "upgrade Interlock, or restore a backup made before"
        )
    return revision == REVISION


def has_hooks(c: Connection) -> bool:
    """Whether a hook is registered in the store; every schema, older or newer, is asked alike."""
    if not inspect(c).has_table(hooks.name):
        return False
    return c.execute(_ANY_HOOK).first() is not None


def bring_forward(c: Connection, store: str, told: Callable[[str], None]) -> None:
    """Inside one transaction, make the schema in an empty store, or migrate an older one, whose revision `told` hears."""
    if is_current(c, store):  # another process was first
        return
    revision = _revision(c, store)
    if revision is None:
        metadata.create_all(c, checkfirst=False)
        c.execute(text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        c.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES (:revision)"), {"revision": REVISION})  # noqa: S608
        return
    told(revision)
    migrate(c)


def migrate(c: Connection) -> None:
    """Run the migrations that the store has not seen, on this connection."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(c), "head")
    except CommandError as error:
        raise StoreError(f"the store cannot be brought forward: {error}; nothing was changed") from error


def alembic_config(c: Connection) -> "Config":
    """Alembic's configuration, without a file: the migrations of this package on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = c
    return config


def revision_of(c: sqlite3.Connection) -> str | None:
    """The revision that a file says it has; None if it says none. `sqlite3.DatabaseError` if it cannot be read."""
    if c.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_VERSION_TABLE,)).fetchone() is None:
        return None
    row = c.execute(f"SELECT version_num FROM {_VERSION_TABLE}").fetchone()  # noqa: S608
    return None if row is None else str(row[0])


def _revision(c: Connection, store: str) -> str | None:
    """The schema's revision; None if the store is empty."""
    names = set(inspect(c).get_table_names())
    if not names:
        return None
    others = names - {_VERSION_TABLE}
    if _VERSION_TABLE not in names or (others and others.isdisjoint(metadata.tables)):
        raise StoreError(f"{store} is a database of something else: name another one with --store")
    return c.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar_one_or_none() or ""  # noqa: S608
