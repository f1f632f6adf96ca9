"""Hooks: the registered endpoints of sources. A secret goes in and comes out sealed (`secrets.SecretBox`)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RootTransaction, bindparam, select, update

from engine.errors import HookExistsError, HookMissingError
from engine.store.prepared import Prepared, insert_row
from engine.store.secrets import key_id_of
from engine.store.tables import hooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One registered endpoint, without its secret."""

    #: The row's number.
    id: int
    #: Who sends here: ``github``.
    source: str
    #: The repository's identifier at the source; part of the endpoint's path.
    repo_id: str
    #: The repository's readable name: ``octo/hello``.
    repo_path: str
    created_at: datetime
    #: When the secret was last set.
    updated_at: datetime


_COLUMNS = (
    hooks.c.id,
    hooks.c.source,
    hooks.c.repo_id,
    hooks.c.repo_path,
    hooks.c.created_at,
    hooks.c.updated_at,
)
_THIS = (hooks.c.source == bindparam("of_source"), hooks.c.repo_id == bindparam("of_repo_id"))
_FIND = select(*_COLUMNS).where(*_THIS)
_SEALED = Prepared(select(*_COLUMNS, hooks.c.sealed).where(*_THIS))
_STILL = Prepared(select(hooks.c.sealed).where(hooks.c.id == bindparam("of_id")))
_LIST = select(*_COLUMNS).order_by(hooks.c.source, hooks.c.repo_id)
_LIST_OF_SOURCE = _LIST.where(hooks.c.source == bindparam("of_source"))
_REPLACE = update(hooks).where(*_THIS)


def find(c: Connection, source: str, repo_id: str) -> Hook | None:
    """The hook of a source's repository."""
    row = c.execute(_FIND, {"of_source": source, "of_repo_id": repo_id}).one_or_none()
    return None if row is None else Hook(**row._asdict())


def sealed_secret(c: Connection, source: str, repo_id: str) -> tuple[Hook, bytes] | None:
    """The hook with its sealed secret, for the one who verifies a delivery."""
    values = _SEALED.first(c, {"of_source": source, "of_repo_id": repo_id})
    if values is None:
        return None
    sealed = values.pop("sealed")
    return Hook(**values), sealed


class Standing:
    """A hook's secret as it was read, held against the store by whoever uses it while writing."""

    def __init__(self, hook_id: int, sealed: bytes) -> None:
        self._hook_id = hook_id
        self._sealed = sealed
        self._held: RootTransaction | None = None

    def holds(self, c: Connection) -> bool:
        """Whether the store still has it so.

        Asked once in a transaction: who changes the secret in the same one is answered after it, as all others are.
        """
        now = c.get_transaction()
        if self._held is now:
            return True
        still = is_still(c, self._hook_id, self._sealed)
        if still:
            self._held = now
        return still


def is_still(c: Connection, hook_id: int, sealed: bytes) -> bool:
    """Whether the hook is there and its secret is the one that was read."""
    found: bytes | None = _STILL.scalar(c, {"of_id": hook_id})
    return found == sealed


def list_of(c: Connection, source: str | None) -> list[Hook]:
    """The hooks of one source, or of all, by name."""
    found = c.execute(_LIST) if source is None else c.execute(_LIST_OF_SOURCE, {"of_source": source})
    return [Hook(**row._asdict()) for row in found]


def register(
    c: Connection, *, source: str, repo_id: str, repo_path: str, sealed: bytes, now: datetime
) -> Hook:
    """Add a hook; `HookExistsError` if there is one."""
    if find(c, source, repo_id) is not None:
        raise HookExistsError(
            f"a hook for {source} {repo_id} is registered already: update it to get a new secret"
        )
    row_id = insert_row(
        c,
        hooks,
        {
            "source": source,
            "repo_id": repo_id,
            "repo_path": repo_path,
            "sealed": sealed,
            "key_id": key_id_of(sealed),
            "created_at": now,
            "updated_at": now,
        },
    )
    return Hook(
        id=row_id,
        source=source,
        repo_id=repo_id,
        repo_path=repo_path,
        created_at=now,
        updated_at=now,
    )


def replace_secret(
    c: Connection, *, source: str, repo_id: str, repo_path: str, sealed: bytes, now: datetime
) -> Hook:
    """Give a hook a new secret; `HookMissingError` if there is none."""
    values = {"repo_path": repo_path, "sealed": sealed, "key_id": key_id_of(sealed), "updated_at": now}
    c.execute(_REPLACE, {"of_source": source, "of_repo_id": repo_id, **values})
    hook = find(c, source, repo_id)
    if hook is None:
        raise HookMissingError(f"no hook for {source} {repo_id} is registered: register it first")
    return hook


def upsert(c: Connection, *, source: str, repo_id: str, repo_path: str, sealed: bytes, now: datetime) -> Hook:
    """Give a hook this secret, adding the hook where there is none."""
    write = register if find(c, source, repo_id) is None else replace_secret
    return write(c, source=source, repo_id=repo_id, repo_path=repo_path, sealed=sealed, now=now)
