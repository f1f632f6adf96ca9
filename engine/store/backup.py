"""Copies of the whole store: made while a daemon writes, and put back while none runs."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from engine.errors import StoreError
from engine.store import check, sqlite
from engine.store.lock import DaemonLock

_PAGES = 2_000
_SIDES = ("-wal", "-shm", "-journal")

#: Told how many pages are copied, and how many there are.
Told = Callable[[int, int], None]


def backup(store: Path, target: Path, *, force: bool, told: Told) -> None:
    """Copy the store as it is now to `target`, whole or not at all; a daemon may go on writing meanwhile.

    `StoreError` if there is something at `target` and `force` is not given, or if either cannot be used.
    """
    sqlite.check_file(store, create=False)
    _expect_free(target, force=force)
    _copy(store, target, told)


def restore(source: Path, store: Path, *, force: bool, told: Told) -> None:
    """Put a backup in the store's place, after it was found whole; one of an older schema is for the next daemon to bring forward.

    `StoreError` if a daemon works on the store, if there is a store and `force` is not given, or if the backup is damaged.
    """
    _expect_backup(source)
    wrong = check.file_alone(source) if check.is_older(source) else check.check(source)
    if wrong:
        raise StoreError(
            f"{source} is damaged ({wrong[0].because}): nothing was changed; take another backup"
        )
    if source.resolve() == store.resolve():
        raise StoreError(f"{source} is the store itself: name a backup")
    if store.exists() and store.stat().st_size > 0:
        _expect_free(store, force=force)
    lock = DaemonLock.take(store)
    try:
        _settle(store)
        _copy(source, store.resolve(), told)
    finally:
        lock.release()


def _expect_backup(source: Path) -> None:
    if not source.is_file():
        raise StoreError(f"there is no backup at {source}: name a file that `interlock store backup` wrote")
    if not sqlite.is_database(source):
        raise StoreError(
            f"{source} is not a SQLite database: name a file that `interlock store backup` wrote"
        )


def _expect_free(target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder: name a file in it")
    if not target.parent.is_dir():
        raise StoreError(f"the folder {target.parent} does not exist: make it, or name another file")
    if target.exists() and not force:
        raise StoreError(f"there is something at {target} already: name another file, or add --force")


def _settle(store: Path) -> None:
    """Bring the old store's log into its file, because a log that stays would be applied to the new one."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(store)) as c:
        c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for side in _SIDES:
        store.with_name(store.name + side).unlink(missing_ok=True)


def _copy(source: Path, target: Path, told: Told) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(source, isolation_level=None)) as of,
            closing(sqlite3.connect(part)) as to,
        ):
            # An open snapshot: without it, each write of a daemon would make the copy begin again.
            of.execute("BEGIN")
            of.execute("SELECT count(*) FROM sqlite_master").fetchone()
            of.backup(to, pages=_PAGES, progress=lambda _status, left, all_: told(all_ - left, all_), sleep=0)
        _to_disk(part)
        part.replace(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        for leftover in (part, *(part.with_name(part.name + side) for side in _SIDES)):
            leftover.unlink(missing_ok=True)
        # What is full is where it is written to; what cannot be read is what is copied.
        place = target if "full" in str(error) else source
        said = sqlite.explain(error, place) if isinstance(error, sqlite3.Error) else error.strerror
        raise StoreError(f"{target} could not be written: {said}") from error


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
