"""``interlock approvals``: what people are asked, and their answers. Works beside a running daemon, without one, or by API."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from cyclopts import Parameter

from engine.cli import standing
from engine.cli.calls import call_json
from engine.cli.durations import duration
from engine.cli.looking import look_into
from engine.cli.options import COUNT, Json, StoreUrl, settings_from
from engine.cli.tables import moment, print_json, print_table
from engine.model import Verdict
from engine.run.answering import Given, approvals_by, as_json, lock_of, open_approvals, outcome
from engine.run.answering import answer as write_answer
from engine.run.clock import now
from engine.serve.logs import legible

EntityName = Annotated[str, Parameter(help="The entity that asks: SOC-12.")]
Who = Annotated[
    str,
    Parameter(name="--as", help="Under which name you answer; it has to be one that may.", metavar="NAME"),
]
Comment = Annotated[str, Parameter(help="Why, for the history and for guards.", metavar="TEXT")]
OfState = Annotated[
    str | None, Parameter(name="--state", help="The state that asks, where several do.", metavar="STATE")
]
Opened = Annotated[
    int | None,
    Parameter(
        help="The version that `list` shows: answer that, and nothing opened since.", metavar="VERSION"
    ),
]
Project = Annotated[
    str | None, Parameter(help="Its project, where two have an entity of that name.", metavar="PROJECT")
]
Wait = Annotated[
    str,
    Parameter(
        help="How long to wait for the decision: 30s, 5m; 0s does not wait.",
        name="--wait",
        metavar="DURATION",
        allow_leading_hyphen=True,
    ),
]
DaemonUrl = Annotated[
    str | None,
    Parameter(
        name="--daemon",
        help="Ask a daemon at this address instead of the store: http://127.0.0.1:9091 [token: env INTERLOCK_TOKEN].",
        metavar="URL",
    ),
]

_PAUSE_SECONDS = 0.1
#: The answer was taken as it was meant.
_FINE = frozenset({Verdict.MOVED, Verdict.STAYED, Verdict.ENDED, Verdict.COUNTED})


def list_(
    *,
    project: Annotated[str | None, Parameter(help="Only those of this project.", metavar="PROJECT")] = None,
    limit: Annotated[
        int, Parameter(validator=COUNT, help="How many to list, the longest open first.", metavar="N")
    ] = 100,
    store: StoreUrl = None,
    daemon: DaemonUrl = None,
    json: Json = False,
) -> int:
    """List what people are asked now: by which entity, since when, until when, who may answer, and with what."""
    found = _open(store, daemon, limit, project)
    if json:
        print_json(found)
    elif found:
        _print_table(found)
    else:
        print("Nobody is asked anything.")
    return 0


def show(
    entity: EntityName,
    *,
    project: Project = None,
    store: StoreUrl = None,
    daemon: DaemonUrl = None,
    json: Json = False,
) -> int:
    """Show what one entity asks, and what was answered so far; the exit status is 1 if it asks nothing."""
    found = _open(store, daemon, 1, project, entity)
    if json:
        print_json(found)
    elif found:
        _print_table(found)
        said = [a for asked in found for a in asked["answers"]]
        if said:
            rows = [(a["who"], a["choice"], _moment(a["at"]), a["comment"]) for a in said]
            print_table("Answered so far", ("who", "answer", "at", "comment"), rows)
    else:
        print(f"{entity} asks nobody.")
    return 0 if found else 1


def approve(
    entity: EntityName,
    *,
    who: Who,
    comment: Comment = "",
    state: OfState = None,
    opened: Opened = None,
    project: Project = None,
    wait: Wait = "10s",
    store: StoreUrl = None,
    daemon: DaemonUrl = None,
    json: Json = False,
) -> int:
    """Answer "approve", and say what was decided. The exit status is 1 if it moves nothing and does not count, and 0 while that is not known.

    For instance: `interlock approvals approve SOC-12 --as ada --comment "seen and tested"`
    """
    given = _given(entity, "approve", who, comment, state, opened, project)
    return _answer(given, wait, store, daemon, json=json)


def reject(
    entity: EntityName,
    *,
    who: Who,
    comment: Comment = "",
    state: OfState = None,
    opened: Opened = None,
    project: Project = None,
    wait: Wait = "10s",
    store: StoreUrl = None,
    daemon: DaemonUrl = None,
    json: Json = False,
) -> int:
    """Answer "reject", and say what was decided. The exit status is 1 if it moves nothing and does not count, and 0 while that is not known."""
    given = _given(entity, "reject", who, comment, state, opened, project)
    return _answer(given, wait, store, daemon, json=json)


def answer(
    entity: EntityName,
    choice: Annotated[str, Parameter(help="The answer, as the definition calls it.")],
    *,
    who: Who,
    comment: Comment = "",
    state: OfState = None,
    opened: Opened = None,
    project: Project = None,
    wait: Wait = "10s",
    store: StoreUrl = None,
    daemon: DaemonUrl = None,
    json: Json = False,
) -> int:
    """Give any answer, and say what was decided. The exit status is 1 if it moves nothing and does not count, and 0 while that is not known.

    For instance: `interlock approvals answer SOC-12 later --as ada`
    """
    given = _given(entity, choice, who, comment, state, opened, project)
    return _answer(given, wait, store, daemon, json=json)


def _given(
    entity: str,
    choice: str,
    who: str,
    comment: str,
    state: str | None,
    opened: int | None,
    project: str | None,
) -> Given:
    return Given(
        entity=entity,
        project=project,
        state=state,
        opened=opened,
        choice=choice,
        who=who,
        comment=comment,
    )


def _open(
    store: str | None, daemon: str | None, limit: int, project: str | None, entity: str | None = None
) -> list[dict[str, Any]]:
    """What is asked now, or what one entity asks."""
    if daemon is not None:
        wanted = {"limit": limit, "project": project, "entity": entity}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        found: list[dict[str, Any]] = _ask(daemon, "GET", f"/approvals/list?{query}", None)
        return found
    with look_into(store) as opened, opened.read() as connection:
        if entity is None:
            return [as_json(asked) for asked in open_approvals(connection, limit, project)]
        return [as_json(asked) for asked in approvals_by(connection, entity, project)]


def _answer(given: Given, wait: str, store: str | None, daemon: str | None, *, json: bool) -> int:
    patience = duration(wait, "--wait")
    if daemon is not None:
        body = {name: getattr(given, name) for name in Given.__dataclass_fields__}
        accepted = _ask(daemon, "POST", "/approvals/answer", body)
        decided = _wait(lambda: _looked(daemon, accepted["number"]), patience)
        return _print(given, {**accepted, **decided}, json=json)
    with look_into(store) as opened:
        written = opened.submit(lambda c: write_answer(c, given, now()), locks=[lock_of(given)]).result()

        of = (written.entity.project, written.entity.id)

        def look() -> dict[str, Any]:
            with opened.read() as connection:
                found = outcome(connection, written.number)
                kept = [] if found.verdict is not None else standing.head_of(connection, *of, now())
            return {
                "verdict": found.verdict,
                "because": found.because,
                "event": found.event,
                "standing": kept,
            }

        decided = _wait(look, patience)
    said = {
        "number": written.number,
        "entity": written.entity.id,
        "project": written.entity.project,
        "state": written.state,
        "duplicate": written.duplicate,
    }
    return _print(given, {**said, **decided}, json=json)


def _looked(daemon: str, number: int) -> dict[str, Any]:
    found = _ask(daemon, "GET", f"/approvals/answer?number={number}", None)
    return {name: found[name] for name in ("verdict", "because", "event")}


def _wait(look: Callable[[], dict[str, Any]], patience: timedelta) -> dict[str, Any]:
    """What became of the answer, as soon as that is decided, or after that time."""
    end = time.monotonic() + patience.total_seconds()
    while True:
        found = look()
        if found["verdict"] is not None or time.monotonic() >= end:
            return found
        time.sleep(_PAUSE_SECONDS)


def _print(given: Given, told: Mapping[str, Any], *, json: bool) -> int:
    verdict = told["verdict"]
    if json:
        print_json(told)
    elif verdict is None:
        print(
            f"Written down as event {told['number']} and not decided yet: a running daemon does it in turn{_first(told)}. "
            f"See: interlock show {told['entity']}"
        )
    else:
        again = " (the same answer as before)" if told["duplicate"] else ""
        print(f"{told['entity']}: {given.choice} by {given.who} is {verdict}{again}: {told['because']}")
    return 0 if verdict is None or verdict in _FINE else 1


def _first(told: Mapping[str, Any]) -> str:
    """What the entity waits for before an answer is decided, where that is known."""
    kept = [one for one in told.get("standing", ()) if one["kind"] != "behind"]
    if not kept:
        return ""
    until = "" if kept[0]["until"] is None else f"; next attempt {moment(kept[0]['until'])}"
    return f". First, {legible(kept[0]['because'])}{until}"


def _ask(daemon: str, method: str, path: str, body: Any) -> Any:
    token = settings_from().token
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return call_json(method, f"{daemon.rstrip('/')}{path}", body, headers)["data"]


def _print_table(found: Sequence[Mapping[str, Any]]) -> None:
    print_table(
        "",
        ("entity", "project", "state", "opened", "since", "until", "who may answer", "answers"),
        [
            (
                asked["entity"],
                asked["project"],
                asked["state"],
                asked["opened"],
                _moment(asked["since"]),
                "" if asked["until"] is None else _moment(asked["until"]),
                ", ".join(asked["from"]),
                ", ".join(_choice(asked, name, needs) for name, needs in asked["choices"].items()),
            )
            for asked in found
        ],
    )


def _choice(asked: Mapping[str, Any], name: str, needs: int) -> str:
    """An answer, and how many have given it of how many: ``approve 1/2``."""
    given = sum(a["choice"] == name for a in asked["answers"])
    return name if needs == 1 else f"{name} {given}/{needs}"


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))
