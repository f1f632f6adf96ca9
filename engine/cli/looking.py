"""Open the store for a command that needs no key: to look at rows, or to change some, beside a daemon or without one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine.cli.environment import settings_from
from engine.errors import SecretKeyError, StoreError
from engine.serve.start import open_existing_store
from engine.store.database import Store
from engine.store.legible import UNREADABLE, unreadable


@contextmanager
def look_into(url: str | None, *, patient: bool = False) -> Iterator[Store]:
    """The store that a flag or the settings name, closed at the end; for the `patient` an answer may take minutes.

    A key that is not the store's is a warning: no secret is read. A row that cannot be read is a `StoreError`.
    """
    settings = settings_from(store=url)
    try:
        store = open_existing_store(settings, patient=patient)
    except SecretKeyError as error:
        store = open_existing_store(settings, with_key=False, patient=patient)
        print(f"interlock: warning: {error}; this command needs no key and goes on", file=sys.stderr)
    try:
        yield store
    except UNREADABLE as error:
        said = unreadable("a row of the store", error)
        raise StoreError(f"{said}; `interlock store check` says which") from error
    finally:
        store.close()
