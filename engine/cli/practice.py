"""``interlock practice``: a Jira to practise against, and deliveries of every source without the source."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from engine.cli.options import StoreUrl, settings_from
from engine.errors import SettingError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.practice.github import SignedDelivery

#: What is sent if no type is named.
_USUAL_TYPES = {
    "github": "release",
    "gitlab": "merge_request",
    "bitbucket": "pullrequest:fulfilled",
    "jira": "jira:issue_updated",
    "standard": "example.happened",
}
_MEANING = {
    200: "accepted",
    202: "recorded and ignored: `interlock deliveries` says why",
    401: "refused: no such hook, or another secret than this store's",
    503: "not stored: the daemon's log says why",
}


def jira(
    *,
    host: Annotated[
        str, Parameter(help="The loopback address to listen on.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[
        int, Parameter(name=["--port", "-p"], help="The port to listen on, 0 for any.", metavar="PORT")
    ] = 8080,
    project: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="KEY:ISSUES, or KEY:ISSUES:WORKFLOW. May be given more than once.",
            metavar="PROJECT",
            show_default=" ".join,
        ),
    ] = ("SOC:20",),
    email: Annotated[
        str, Parameter(help="The one account's e-mail address.", metavar="ADDRESS")
    ] = "practice@example.com",
    token: Annotated[
        str, Parameter(help="The account's API token, also its bearer token.", metavar="TOKEN")
    ] = "practice-token",  # noqa: S107
    deployment: Annotated[
        Literal["cloud", "data-center"], Parameter(help="Which Jira to stand in for.")
    ] = "cloud",
    trouble: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            help="What the next calls meet: KIND[:CLASS[:TIMES[:SECONDS]]], as docs/practice.md lists.",
            metavar="TROUBLE",
            show_default=False,
        ),
    ] = (),
    search_lag: Annotated[
        float, Parameter(help="How many seconds search lags behind.", metavar="SECONDS")
    ] = 0,
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
    *issues: Annotated[str, Parameter(help="Issue keys to name in the delivery's texts: SOC-2.")],
    source: Annotated[
        str | None,
        Parameter(help="Who is to send: github, gitlab, bitbucket, jira, standard.", metavar="SOURCE"),
    ] = None,
    type_: Annotated[
        str | None,
        Parameter(
            name="--type",
            help="What happened, in the source's words: release, merge_request.",
            metavar="TYPE",
        ),
    ] = None,
    recorded: Annotated[
        Path | None,
        Parameter(
            help="A file with a delivery that was recorded, to be sent again, signed anew.", metavar="FILE"
        ),
    ] = None,
    url: Annotated[
        str | None,
        Parameter(
            help="The daemon's address [default: from INTERLOCK_HOST and INTERLOCK_PORT].", metavar="URL"
        ),
    ] = None,
    hook: Annotated[
        str, Parameter(help="The registered hook of that source to send to.", metavar="HOOK")
    ] = "signal-box",
    action: Annotated[
        str,
        Parameter(
            help="What happened to the GitHub release: published, created, released, …", metavar="ACTION"
        ),
    ] = "published",
    tag: Annotated[str, Parameter(help="The GitHub release's tag.", metavar="TAG")] = "v1.0.0",
    store: StoreUrl = None,
) -> int:
    """Send a delivery, of its source's real shape and with the hook's secret, to a running daemon: a GitHub release.

    With --source and --type it is another one, whose texts name the issues; with --recorded one from a file, as
    `interlock simulate` reads them. The secret is read from the store, so this works only for whoever may read the store
    and its key.

    For instance: `interlock practice deliver --source gitlab --type push`
    """
    from engine.cli.calls import deliver as send
    from engine.run.clock import now
    from engine.run.hooks import path_of, secret_of
    from engine.serve.start import open_existing_store
    from engine.sources.recorded import read_recorded

    old = None if recorded is None else read_recorded(recorded.read_bytes(), source, type_)
    name = old.source if old is not None else (source or "github").lower()
    if name not in _USUAL_TYPES:
        raise SettingError(f"no source is named {name!r}; the choices are {', '.join(_USUAL_TYPES)}")
    if old is None and not issues:
        raise SettingError("name at least one issue: interlock practice deliver SOC-2")
    settings = settings_from(store=store)
    opened = open_existing_store(settings)
    try:
        secret = secret_of(opened, name, hook)
    finally:
        opened.close()
    kind = old.type if old is not None else (type_ or _USUAL_TYPES[name])
    if old is None and (name, kind) == ("github", "release"):
        signed = _release(issues, hook, action, tag, secret, now())
    else:
        signed = _sign(name, kind, None if old is None else old.payload, issues, secret, now())
    base = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    status = send(f"{base}{path_of(name, hook)}", signed)
    print(f"{status} {_MEANING.get(status, '')}".rstrip())
    return 0 if status < 300 else 1  # noqa: PLR2004  RFC 9110 15.3: success


def _release(
    issues: tuple[str, ...], hook: str, action: str, tag: str, secret: str, at: "datetime"
) -> "SignedDelivery":
    import secrets
    import uuid

    from engine.practice.github import release_delivery

    return release_delivery(
        repo_full_name=f"octo-org/{hook}",
        tag=tag,
        notes=f"Ships {', '.join(issues)}.",
        action=action,
        release_id=secrets.randbelow(10**9),
        delivery_id=str(uuid.uuid4()),
        secret=secret,
        now=at,
    )


def _sign(
    source: str, kind: str, payload: object, issues: tuple[str, ...], secret: str, at: "datetime"
) -> "SignedDelivery":
    import uuid

    from engine.practice.senders import signed_delivery
    from engine.sources.examples import example_payload

    said = payload if payload is not None else example_payload(source, kind, issues, at)
    return signed_delivery(source, kind, said, secret=secret, delivery_id=str(uuid.uuid4()), now=at)
