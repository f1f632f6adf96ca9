"""Register, update and import hooks: make or take a secret, seal it, write it down, say where the source must send.

The secret leaves this module once, in the value returned; it is stored encrypted and never logged.
"""

import secrets as randomness
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

import structlog

from engine.errors import HookMissingError, SettingError
from engine.sources.catalog import SOURCES
from engine.store import hooks
from engine.store.database import Store

log = structlog.get_logger()

_LONGEST_NAME = 200
_LONGEST_SECRET = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A hook's secret and path, to be shown once."""

    #: What the source must sign with.
    secret: str = field(repr=False)
    #: Where the source must send, relative to the daemon's public address.
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """What a user says about a hook."""

    #: The source, called provider in the predecessor's API.
    source: str
    #: The last part of the path; unique per source.
    repo_id: str
    #: Where the repository is, for the reader's orientation.
    repo_path: str


def path_of(source: str, repo_id: str) -> str:
    """The path that the hook's source must send to."""
    return f"/conduit/webhooks/{quote(source, safe='')}/{quote(repo_id, safe='')}/payload"


def register(store: Store, wanted: HookRequest, now: datetime) -> Issued:
    """A new hook with a secret of 32 random bytes in hex.

    Raises `SettingError` for a wrong member and `HookExistsError` if there is such a hook.
    """
    _check(wanted)
    secret = randomness.token_hex(32)
    sealed = _seal(store, wanted, secret)
    store.write(lambda c: hooks.register(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)])
    return _issued(wanted, secret, "hook.registered")


def update(store: Store, wanted: HookRequest, now: datetime) -> Issued:
    """A new secret for a hook that exists; the old one is refused from now on.

    Raises `SettingError` for a wrong member and `HookMissingError` if there is no such hook.
    """
    _check(wanted)
    secret = randomness.token_hex(32)
    sealed = _seal(store, wanted, secret)
    store.write(
        lambda c: hooks.replace_secret(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)]
    )
    return _issued(wanted, secret, "hook.updated")


def import_hook(store: Store, wanted: HookRequest, secret: str, now: datetime) -> Issued:
    """A hook with a secret that the source has already; an existing hook gets this one.

    Raises `SettingError` for a wrong member or an empty or very long secret.
    """
    _check(wanted)
    if not secret or len(secret) > _LONGEST_SECRET:
        raise SettingError(f"the secret must have 1 to {_LONGEST_SECRET} characters")
    sealed = _seal(store, wanted, secret)
    store.write(lambda c: hooks.upsert(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)])
    return _issued(wanted, secret, "hook.imported")


def secret_of(store: Store, source: str, repo_id: str) -> str:
    """A hook's secret, for signing practice deliveries; raises `HookMissingError`."""
    with store.read() as connection:
        found = hooks.sealed_secret(connection, source, repo_id)
    if found is None:
        raise HookMissingError(
            f"no {source} hook is registered for {repo_id!r}: interlock hooks register {source} {repo_id} owner/{repo_id}"
        )
    return store.secrets.unseal(found[1], source=source, repo_id=repo_id)


def _check(wanted: HookRequest) -> None:
    if wanted.source not in SOURCES:
        raise SettingError(f"no source is named {wanted.source!r}; the choices are {', '.join(SOURCES)}")
    for name, value in (("repo_id", wanted.repo_id), ("repo_path", wanted.repo_path)):
        if not value.strip() or len(value) > _LONGEST_NAME or not value.isprintable():
            raise SettingError(f"{name} must have 1 to {_LONGEST_NAME} printable characters")
    if wanted.repo_id in {".", ".."}:
        raise SettingError("repo_id must not be . or .., because it becomes a part of the path")


def _seal(store: Store, wanted: HookRequest, secret: str) -> bytes:
    return store.secrets.seal(secret, source=wanted.source, repo_id=wanted.repo_id)


def _lock(wanted: HookRequest) -> str:
    return f"hook/{wanted.source}/{wanted.repo_id}"


def _named(wanted: HookRequest) -> dict[str, str]:
    return {"source": wanted.source, "repo_id": wanted.repo_id, "repo_path": wanted.repo_path}


def _issued(wanted: HookRequest, secret: str, said: str) -> Issued:
    uri = path_of(wanted.source, wanted.repo_id)
    log.info(said, source=wanted.source, hook=wanted.repo_id, uri=uri)
    return Issued(secret=secret, uri=uri)
