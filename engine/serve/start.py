"""Start a daemon from settings: listen, open the store, check the definitions, serve, drain."""

import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from engine.config.settings import DaemonSettings
from engine.errors import SecretKeyError, SettingError
from engine.processors.processor import ProcessorMaker
from engine.processors.registry import load_processors
from engine.run.clock import now
from engine.serve.daemon import Daemon, listen
from engine.serve.guard import is_loopback
from engine.serve.logs import hide_in_logs
from engine.serve.place import Place, read_files
from engine.store.backend import is_postgresql
from engine.store.database import Store, holds_secrets
from engine.store.lock import DaemonLock
from engine.store.schema import REVISION
from engine.store.secrets import load_or_create_key
from engine.store.sqlite import path_of

log = structlog.get_logger()


def _secrets(settings: DaemonSettings, environ: Mapping[str, str]) -> Iterator[str]:
    yield from filter(None, (settings.token, settings.secret_key, environ.get("PGPASSWORD")))
    with suppress(ValueError):
        yield urlsplit(settings.store).password or ""


def key_file(store_url: str) -> Path:
    """Where the key of an embedded store lies: beside it, with the ending ``.key``."""
    return Path(store_url.removeprefix("sqlite:///").partition("?")[0]).with_suffix(".key")


def _key(settings: DaemonSettings) -> bytes:
    if is_postgresql(settings.store) and not settings.secret_key:
        raise SettingError(
            "a PostgreSQL store needs INTERLOCK_SECRET_KEY, the same for every daemon and command: 64 hexadecimal "
            "digits, for instance from `openssl rand -hex 32`"
        )
    place = key_file(settings.store)
    missing = not settings.secret_key and not place.exists()
    if missing and path_of(settings.store).exists() and holds_secrets(settings.store):
        # A new key could open none of the secrets, and would hide that the right one is missing.
        raise SecretKeyError(
            f"the key of the hook secrets in the store is missing: put {place} back, or set INTERLOCK_SECRET_KEY to "
            "what was in it; nothing was changed, and no other key was made"
        )
    return load_or_create_key(settings.secret_key, place)


def open_store(settings: DaemonSettings) -> Store:
    """The store of these settings, with the key of its secrets; raises `StoreError` with what to do."""
    return Store.open(settings.store, key=_key(settings), told=_tell)


def _tell(revision: str, because: str) -> None:
    # A warning is written at once; an ordinary line would wait for the loop, which is busy until all is done.
    log.warning("store.migrating", **{"from": revision, "to": REVISION}, because=because)


@contextmanager
def _killable() -> Iterator[None]:
    """Let SIGINT end the process at once, as SIGTERM does: the loop would not hear of it before an older store is brought forward."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def open_existing_store(settings: DaemonSettings, *, with_key: bool = True, patient: bool = False) -> Store:
    """The store of these settings to look at: neither it nor its key is made; raises `StoreError` with what to do.

    Without its key everything can be read but the secrets of hooks. With `patient`, an answer may take minutes.
    """
    known = bool(settings.secret_key) or (
        not is_postgresql(settings.store) and key_file(settings.store).exists()
    )
    key = _key(settings) if known and with_key else None
    return Store.open(settings.store, key=key, migrate=False, patient=patient)


async def serve(
    settings: DaemonSettings,
    environ: Mapping[str, str],
    *,
    listening: socket.socket | None = None,
    makers: Mapping[str, ProcessorMaker] | None = None,
    beside: Callable[[Daemon], Coroutine[Any, Any, None]] | None = None,
    alone: bool = False,
) -> None:
    """Run a daemon until a signal stops it; `beside` runs next to it once it is ready.

    With `alone`, the process is the daemon's own: it ends in time even if something hangs.

    `environ` answers the references of workers.yaml. `listening` is a socket that listens already, `makers` are other
    processors than the installed ones. Raises `SettingError`, `StoreError` or `InvalidDefinitionError` before anything
    is served.
    """
    hide_in_logs(_secrets(settings, environ))
    if settings.role != "all" and not is_postgresql(settings.store):
        raise SettingError(
            f"--role {settings.role} needs a store that daemons share: give --store postgresql://…, or leave --role out"
        )
    with ExitStack() as held:
        if listening is None:
            listening = listen(settings.host, settings.port)
        held.callback(listening.close)
        if not is_postgresql(settings.store):
            held.callback(DaemonLock.take(path_of(settings.store)).release)
        place = Place(
            workers=settings.workers,
            machines=settings.machines,
            token=settings.token or "",
            loopback=is_loopback(settings.host),
            receives=settings.role != "work",
            works=settings.role != "receive",
            keep=settings.keep,
        )
        makers = load_processors() if makers is None else makers
        # Files with errors refuse the start: before a store is made or brought forward, and before a key is made.
        loaded = read_files(place, makers, environ)
        loaded.usable()
        with _killable():
            store = open_store(settings)
        held.callback(store.close)
        await Daemon(place, listening, store, makers, environ, now, loaded).run(beside, alone=alone)
