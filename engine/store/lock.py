"""One daemon per embedded store: a lock beside the file, held as long as the process lives.

The lock is the kernel's (`flock`), so it goes with the process, however that ends; the file stays and says who had it.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from engine.errors import StoreError
from engine.store import sqlite


class DaemonLock:
    """The right to work a store's lanes; two daemons on one store would decide about the same events."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, store: Path) -> Self:
        """Take the lock of the store's file; `StoreError` that names the process which has it."""
        sqlite.check_file(store, create=True)
        # Two names of one file are one store.
        path = store.resolve().with_name(f"{store.resolve().name}.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"the lock {path} cannot be made ({error.strerror}): let the user that runs Interlock write its folder"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreError(
                f"another daemon (process {holder}) works on {store}: stop it first, with kill -TERM {holder}, "
                "or name another file with --store"
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(descriptor)
            raise StoreError(
                f"the lock {path} cannot be written ({error.strerror}): free some room on its disk, or let it be written to"
            ) from error
        return cls(path, descriptor)

    @staticmethod
    def holder(store: Path) -> int | None:
        """The process that has the store's lock; None if none has."""
        path = store.resolve().with_name(f"{store.resolve().name}.lock")
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            said = os.read(descriptor, 32).decode("ascii", "replace").strip()
            return int(said) if said.isdecimal() else None
        finally:
            os.close(descriptor)
        return None

    def release(self) -> None:
        """Let another daemon take it. A second time does nothing."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
        os.close(descriptor)
