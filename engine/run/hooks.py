"""Register, update and import hooks: make or take a secret, seal it, write it down, say where the source must send.

The secret leaves this module once, in the value returned; it is stored encrypted and never logged.
"""

import base64
import secrets as randomness
from dataclasses import field
from datetime import datetime, timedelta
from urllib.parse import quote

import structlog

from engine.errors import HookMissingError, SettingError
from engine.frozen import frozen
from engine.run.hook_secrets import HookSecrets, read_secrets
from engine.sources.catalog import SOURCES
from engine.store import hooks
from engine.store.database import Store

log = structlog.get_logger()

_LONGEST_NAME = 200
_LONGEST_SECRET = 4_096
_SECRET_BYTES = 32
#: An old secret is not accepted for longer beside a new one.
LONGEST_OVERLAP = timedelta(days=90)


@frozen
class Issued:
    """A hook's secret and path, to be shown once."""

    #: What the source must sign with.
    secret: str = field(repr=False)
    #: Where the source must send, relative to the daemon's public address.
    uri: str


@frozen
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
    """A new hook with a secret of 32 random bytes, written as its source wants it.

    Raises `SettingError` for a wrong member and `HookExistsError` if there is such a hook.
    """
    _check(wanted)
    secret = _new_secret(wanted.source)
    sealed = _seal(store, wanted, HookSecrets(current=secret))
    store.write(lambda c: hooks.register(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)])
    return _issued(wanted, secret, "hook.registered")


def update(store: Store, wanted: HookRequest, now: datetime, overlap: timedelta = timedelta(0)) -> Issued:
    """A new secret for a hook that exists; the old one is refused from now on, or after `overlap`.

    Raises `SettingError` for a wrong member and `HookMissingError` if there is no such hook.
    """
    _check(wanted)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise SettingError(f"an old secret can be accepted for at most {LONGEST_OVERLAP.days} days more")
    secret = _new_secret(wanted.source)
    secrets = HookSecrets(current=secret)
    if overlap:
        old = secret_of(store, wanted.source, wanted.repo_id)
        secrets = HookSecrets(current=secret, previous=old, until=now + overlap)
    sealed = _seal(store, wanted, secrets)
    store.write(
        lambda c: hooks.replace_secret(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)]
    )
    return _issued(wanted, secret, "hook.updated")


def import_hook(store: Store, wanted: HookRequest, secret: str, now: datetime) -> Issued:
    """A hook with a secret that the source has already; an existing hook gets this one.

    Raises `SettingError` for a wrong member or a secret that the source cannot have.
    """
    _check(wanted)
    _check_secret(wanted.source, secret)
    sealed = _seal(store, wanted, HookSecrets(current=secret))
    store.write(lambda c: hooks.upsert(c, **_named(wanted), sealed=sealed, now=now), locks=[_lock(wanted)])
    return _issued(wanted, secret, "hook.imported")


def secret_of(store: Store, source: str, repo_id: str) -> str:
    """A hook's secret in force, for signing practice deliveries; raises `HookMissingError`."""
    with store.read() as connection:
        found = hooks.sealed_secret(connection, source, repo_id)
    if found is None:
        raise HookMissingError(
            f"no {source} hook is registered for {repo_id!r}: interlock hooks register {source} {repo_id} owner/{repo_id}"
        )
    return read_secrets(store.secrets.unseal(found[1], source=source, repo_id=repo_id)).current


def _new_secret(source: str) -> str:
    prefix = SOURCES[source].schemes[0].secret_prefix
    if not prefix:
        return randomness.token_hex(_SECRET_BYTES)
    return prefix + base64.b64encode(randomness.token_bytes(_SECRET_BYTES)).decode()


def _check_secret(source: str, secret: str) -> None:
    if not secret or len(secret) > _LONGEST_SECRET or "\0" in secret:
        raise SettingError(f"the secret must have 1 to {_LONGEST_SECRET} characters")
    if SOURCES[source].scheme_of(secret) is None:
        prefixes = " or ".join(s.secret_prefix for s in SOURCES[source].schemes if s.secret_prefix)
        raise SettingError(
            f"this is no secret of {SOURCES[source].title}: it begins with {prefixes}, and then come 24 to 64 bytes in base64"
        )


def _check(wanted: HookRequest) -> None:
    if wanted.source not in SOURCES:
        raise SettingError(f"no source is named {wanted.source!r}; the choices are {', '.join(SOURCES)}")
    for name, value in (("repo_id", wanted.repo_id), ("repo_path", wanted.repo_path)):
        if not value.strip() or len(value) > _LONGEST_NAME or not value.isprintable():
            raise SettingError(f"{name} must have 1 to {_LONGEST_NAME} printable characters")
    if wanted.repo_id in {".", ".."}:
        raise SettingError("repo_id must not be . or .., because it becomes a part of the path")


def _seal(store: Store, wanted: HookRequest, secrets: HookSecrets) -> bytes:
    return store.secrets.seal(secrets.as_text(), source=wanted.source, repo_id=wanted.repo_id)


def _lock(wanted: HookRequest) -> str:
    return f"hook/{wanted.source}/{wanted.repo_id}"


def _named(wanted: HookRequest) -> dict[str, str]:
    return {"source": wanted.source, "repo_id": wanted.repo_id, "repo_path": wanted.repo_path}


def _issued(wanted: HookRequest, secret: str, said: str) -> Issued:
    uri = path_of(wanted.source, wanted.repo_id)
    log.info(said, source=wanted.source, hook=wanted.repo_id, uri=uri)
    return Issued(secret=secret, uri=uri)
