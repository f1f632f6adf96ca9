"""``interlock simulate FILE PAYLOAD.json``: what would this delivery do?"""

import contextlib
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
from cyclopts import Parameter

from engine.cli.files import chosen, open_definition
from engine.cli.options import Json
from engine.cli.tables import print_json
from engine.cli.telling import simulated_as_json, told
from engine.decide.simulate import Situation, simulate
from engine.errors import SettingError
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition, Provisioner
from engine.model import Delivery, Snapshot


def simulate_command(
    file: Annotated[Path, Parameter(help="The definition (.hcl).")],
    payload: Annotated[
        Path | None, Parameter(help="The delivery's payload, a JSON file; /dev/stdin reads the input.")
    ] = None,
    *,
    type_: Annotated[
        str | None, Parameter(name="--type", help="What happened, in the source's words: release.")
    ] = None,
    source: Annotated[str | None, Parameter(help="Who sent it: github.")] = None,
    project: Annotated[str | None, Parameter(help="Only this project's machine.")] = None,
    state: Annotated[str | None, Parameter(help="The state that the entities are in.")] = None,
    status: Annotated[str | None, Parameter(help="What the backend says: the status they are in.")] = None,
    context: Annotated[str | None, Parameter(help="What the instances remember, as JSON.")] = None,
    interactive: Annotated[
        bool, Parameter(negative="", help="Step by hand: choose among everything that can happen.")
    ] = False,
    json: Json = False,
) -> int:
    """Show what one delivery would do, without doing it: which entities, which event, why, and which calls.

    Without --state and --status the entities are new. Without --type and --source the delivery is of the one kind that
    the definition receives. With --interactive nothing is sent: events are offered as choices, with payloads that make
    them happen and can be edited; time passes where it is told to, steps can be undone, and ? lists what can be said. The exit status is 1 if the delivery means nothing.
    """
    definition = open_definition(file)
    provisioners = chosen(definition, project)
    if interactive:
        return _by_hand(definition, provisioners, state, context)
    if payload is None:
        raise SettingError("name the file with the delivery's payload, or use --interactive")
    kind = _kind(provisioners, source, type_)
    if state is not None and status is not None:
        raise SettingError(
            "give --state or --status, not both: where a backend observes, its status is the truth"
        )
    from engine.run.clock import now

    at = now()
    compiled = compile_definition(definition)
    delivery = Delivery(source=kind[0], type=kind[1], id="", received_at=at, payload=_payload(payload))
    result = simulate(
        [compiled[p.name] for p in provisioners],
        Situation(start=_start(provisioners, state, _context(context)), status=status),
        delivery,
        at,
    )
    if json:
        print_json({"decided": [simulated_as_json(one) for one in result.decided], "ignored": result.ignored})
        return 0 if result.decided else 1
    for one in result.decided:
        print("\n".join(told(one)))
    for reason in result.ignored:
        print(f"ignored: {reason}")
    print("Nothing was stored or performed.")
    return 0 if result.decided else 1


def _by_hand(
    definition: Definition, provisioners: tuple[Provisioner, ...], state: str | None, context: str | None
) -> int:
    from engine.cli.by_hand import step_by_hand

    if len(provisioners) != 1:
        raise SettingError(f"name one project with --project: {', '.join(p.name for p in provisioners)}")
    [provisioner] = provisioners
    start = _start(provisioners, state, _context(context))
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  what was said before can be said again, with the arrow keys
    step_by_hand(provisioner, compile_definition(definition)[provisioner.name], start, input, print)
    return 0


def _kind(provisioners: tuple[Provisioner, ...], source: str | None, kind: str | None) -> tuple[str, str]:
    """Source and type of the delivery; raises `SettingError` where they have to be said."""
    known = dict.fromkeys((r.source, r.type) for p in provisioners for r in p.receives)
    fitting = [(s, t) for s, t in known if source in (None, s) and kind in (None, t)]
    if len(fitting) == 1:
        return fitting[0]
    if source is not None and kind is not None:
        return source.lower(), kind
    listed = ", ".join(f"--source {s} --type {t}" for s, t in known)
    raise SettingError(f"say what kind of delivery it is; the definition receives {listed}")


def _payload(place: Path) -> Any:
    try:
        text = place.read_bytes()
    except OSError as error:
        raise SettingError(f"cannot read {place}: {error.strerror or error}") from None
    return _parsed(text, str(place))


def _parsed(text: str | bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SettingError(f"{what} is not JSON: {error}") from None


def _context(text: str | None) -> dict[str, Any]:
    value = {} if text is None else _parsed(text, "--context")
    if not isinstance(value, dict):
        raise SettingError('--context is no JSON object: write --context \'{"name": "value"}\'')
    return value


def _start(
    provisioners: tuple[Provisioner, ...], state: str | None, context: dict[str, Any]
) -> Snapshot | None:
    if state is None:
        if context and len(provisioners) > 1:
            raise SettingError("--context needs --state or --project: which machine's instances remember it?")
        return Snapshot(state=provisioners[0].machine.initial, context=context) if context else None
    known = list(dict.fromkeys(name for p in provisioners for name in p.machine.states))
    if state not in known:
        raise SettingError(f"there is no state {state!r}; the states are {', '.join(known)}")
    return Snapshot(state=state, context=context)
