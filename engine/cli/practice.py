"""``interlock practice``: a Jira to practise against, and GitHub's deliveries without GitHub."""

from typing import Annotated, Literal

from cyclopts import Parameter

from engine.cli.options import StoreUrl, settings_from
from engine.errors import SettingError

_MEANING = {
    200: "accepted",
    202: "recorded and ignored: `interlock deliveries` says why",
    401: "refused: no such hook, or another secret than this store's",
    503: "not stored: the daemon's log says why",
}


def jira(
    *,
    host: Annotated[str, Parameter(help="The loopback address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Parameter(name=["--port", "-p"], help="The port to listen on, 0 for any.")] = 8080,
    project: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="KEY:ISSUES, or KEY:ISSUES:WORKFLOW. May be given more than once."),
    ] = ("SOC:20",),
    email: Annotated[str, Parameter(help="The one account's e-mail address.")] = "practice@example.com",
    token: Annotated[
        str, Parameter(help="The account's API token, also its bearer token.")
    ] = "practice-token",  # noqa: S107
    deployment: Annotated[
        Literal["cloud", "data-center"], Parameter(help="Which Jira to stand in for.")
    ] = "cloud",
    trouble: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="What the next calls meet: KIND[:CLASS[:TIMES[:SECONDS]]], as docs/practice.md lists.",
        ),
    ] = (),
    search_lag: Annotated[float, Parameter(help="How many seconds search lags behind.")] = 0,
) -> int:
    """Serve a practice Jira: stateful, faithful and awkward, on loopback only.

    Transitions have other names than statuses and depend on the status; permissions, screens, conflicts, rate limits and
    lost answers are as Jira has them. `GET /practice/issues` and `/practice/calls` tell what happened.
    """
    from engine.practice.jira import run

    run(
        host,
        port,
        project,
        email,
        token,
        deployment=deployment,
        trouble=trouble,
        search_lag=search_lag,
        say=lambda line: print(line, flush=True),
    )
    return 0


def deliver(
    *issues: Annotated[str, Parameter(help="Issue keys to name in the release notes: SOC-2.")],
    url: Annotated[
        str | None, Parameter(help="The daemon's address [default: from INTERLOCK_HOST and INTERLOCK_PORT].")
    ] = None,
    hook: Annotated[str, Parameter(help="The registered GitHub hook to send to.")] = "signal-box",
    action: Annotated[
        str, Parameter(help="What happened to the release: published, created, released, …")
    ] = "published",
    tag: Annotated[str, Parameter(help="The release's tag.")] = "v1.0.0",
    store: StoreUrl = None,
) -> int:
    """Send a GitHub release, of GitHub's real shape and signed with the hook's secret, to a running daemon.

    The secret is read from the store, so this works only for whoever may read the store and its key.
    """
    import secrets
    import uuid

    from engine.cli.calls import deliver as send
    from engine.practice.github import release_delivery
    from engine.run.clock import now
    from engine.run.hooks import path_of, secret_of
    from engine.serve.start import open_existing_store

    if not issues:
        raise SettingError("name at least one issue: interlock practice deliver SOC-2")
    settings = settings_from(store=store)
    opened = open_existing_store(settings)
    try:
        secret = secret_of(opened, "github", hook)
    finally:
        opened.close()
    signed = release_delivery(
        repo_full_name=f"octo-org/{hook}",
        tag=tag,
        notes=f"Ships {', '.join(issues)}.",
        action=action,
        release_id=secrets.randbelow(10**9),
        delivery_id=str(uuid.uuid4()),
        secret=secret,
        now=now(),
    )
    base = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    status = send(f"{base}{path_of('github', hook)}", signed)
    print(f"{status} {_MEANING.get(status, '')}".rstrip())
    return 0 if status < 300 else 1  # noqa: PLR2004  RFC 9110 15.3: success
