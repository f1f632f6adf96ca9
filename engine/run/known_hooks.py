"""The hooks that deliveries come in by: a secret is remembered, and whoever uses it asks while writing whether it still holds.

To ask before would be a read of its own for each delivery, beside a store that changes all the time. Asked in the
transaction that keeps the delivery, a hook that was removed or got another secret meanwhile is never used.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from engine.run.hook_secrets import HookSecrets, read_secrets
from engine.run.reading import look
from engine.store import hooks
from engine.store.database import Store
from engine.store.hooks import Hook, Standing

#: How many hooks are remembered.
MOST = 4_096


class HookChangedError(Exception):
    """The hook was removed or got another secret since it was looked up."""


@dataclass(frozen=True, slots=True)
class KnownHook:
    """A hook with what its deliveries are signed with."""

    hook: Hook
    secrets: HookSecrets
    #: The secrets as the store had them.
    standing: Standing = field(repr=False)


class KnownHooks:
    """The hooks of one store that were used last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[str, str], KnownHook] = OrderedDict()

    def remembered(self, source: str, repo_id: str) -> KnownHook | None:
        """The hook as it was when it was last looked up; None if it was not, or is not remembered any more."""
        return self._known.get((source, repo_id))

    async def find(self, source: str, repo_id: str) -> KnownHook | None:
        """The hook as it is now; None if there is none. Raises `StoreError`, `SecretKeyError`."""
        found = await look(self._store, lambda c: hooks.sealed_secret(c, source, repo_id))
        self._known.pop((source, repo_id), None)
        if found is None:
            return None
        hook, sealed = found
        text = self._store.secrets.unseal(sealed, source=source, repo_id=repo_id)
        known = self._known[source, repo_id] = KnownHook(hook, read_secrets(text), Standing(hook.id, sealed))
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return known
