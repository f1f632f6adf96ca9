"""``interlock hooks``: register the endpoints that sources send to. Works on the store, with or without a daemon."""

import sys
from typing import Annotated

from cyclopts import Parameter

from engine.cli.durations import duration
from engine.cli.looking import look_into
from engine.cli.options import Json, StoreUrl, settings_from
from engine.cli.tables import moment, print_json, print_table
from engine.errors import HookMissingError, SettingError
from engine.run import hooks as registry
from engine.run.clock import now
from engine.serve.start import open_store
from engine.sources.catalog import SOURCES
from engine.store import hooks as rows

Source = Annotated[str, Parameter(help=f"Who sends: {', '.join(SOURCES)}.")]
RepoId = Annotated[
    str, Parameter(help="A name for the hook, unique per source; it becomes a part of the path.")
]
RepoPath = Annotated[
    str,
    Parameter(
        help="Where the repository, or whatever else sends, is: owner/name. For the reader's orientation."
    ),
]


def register(
    source: Source, repo_id: RepoId, repo_path: RepoPath, *, store: StoreUrl = None, json: Json = False
) -> int:
    """Register a hook and print its secret, this once.

    For instance: `interlock hooks register github signal-box acme/signal-box`
    """
    opened = open_store(settings_from(store=store))
    try:
        issued = registry.register(opened, _wanted(source, repo_id, repo_path), now())
    finally:
        opened.close()
    return _print(issued, json=json)


def update(
    source: Source,
    repo_id: RepoId,
    repo_path: RepoPath,
    *,
    overlap: Annotated[
        str,
        Parameter(
            help="For how long the old secret is accepted beside the new one: 24h.",
            metavar="DURATION",
            allow_leading_hyphen=True,
        ),
    ] = "0s",
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Give an existing hook a new secret and print it, this once; the old one is refused from now on, or after --overlap."""
    both = duration(overlap, "--overlap")
    opened = open_store(settings_from(store=store))
    try:
        issued = registry.update(opened, _wanted(source, repo_id, repo_path), now(), both)
    finally:
        opened.close()
    return _print(issued, json=json)


def import_(
    source: Source, repo_id: RepoId, repo_path: RepoPath, *, store: StoreUrl = None, json: Json = False
) -> int:
    """Register or update a hook with a secret that its source has already, read from standard input."""
    if sys.stdin.isatty():
        import getpass

        secret = getpass.getpass("Secret: ")
    else:
        try:
            secret = sys.stdin.buffer.read().strip(b"\r\n").decode()
        except UnicodeDecodeError:
            raise SettingError("the secret on standard input is not UTF-8 text") from None
    opened = open_store(settings_from(store=store))
    try:
        issued = registry.import_hook(opened, _wanted(source, repo_id, repo_path), secret, now())
    finally:
        opened.close()
    if json:
        print_json({"uri": issued.uri})
    else:
        print(f"Send to {issued.uri} with the imported secret.")
    return 0


def list_(
    source: Annotated[str | None, Parameter(help="Only the hooks of this source.", metavar="SOURCE")] = None,
    *,
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """List the registered hooks, without their secrets."""
    with look_into(store) as opened, opened.read() as connection:
        found = rows.list_of(connection, source)
    if json:
        print_json([_as_json(hook) for hook in found])
    elif found:
        print_table(
            "",
            ("source", "repo_id", "repo_path", "path", "updated"),
            [
                (
                    h.source,
                    h.repo_id,
                    h.repo_path,
                    registry.path_of(h.source, h.repo_id),
                    moment(h.updated_at),
                )
                for h in found
            ],
        )
    else:
        print("No hook is registered. Register one: interlock hooks register github NAME owner/name")
    return 0


def find(source: Source, repo_id: RepoId, *, store: StoreUrl = None, json: Json = False) -> int:
    """Show one hook, without its secret; the exit status is 1 if there is none."""
    with look_into(store) as opened, opened.read() as connection:
        found = rows.find(connection, source, repo_id)
    if found is None:
        raise HookMissingError(
            f"no {source} hook is registered for {repo_id!r}; `interlock hooks list` shows all"
        )
    if json:
        print_json(_as_json(found))
    else:
        print(
            f"{found.source} {found.repo_id} ({found.repo_path}) sends to {registry.path_of(source, repo_id)}"
        )
    return 0


def _wanted(source: str, repo_id: str, repo_path: str) -> registry.HookRequest:
    return registry.HookRequest(source=source, repo_id=repo_id, repo_path=repo_path)


def _print(issued: registry.Issued, *, json: bool) -> int:
    if json:
        print_json({"secret": issued.secret, "uri": issued.uri})
    else:
        print(f"Path:   {issued.uri}\nSecret: {issued.secret}\n\nThe secret is not shown again.")
    return 0


def _as_json(hook: rows.Hook) -> dict[str, str]:
    return {
        "source": hook.source,
        "repo_id": hook.repo_id,
        "repo_path": hook.repo_path,
        "uri": registry.path_of(hook.source, hook.repo_id),
        "updated_at": hook.updated_at.isoformat(),
    }
