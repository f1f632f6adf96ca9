"""``interlock simulate FILE PAYLOAD.json``: what would this delivery do?"""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
from cyclopts import Parameter

from engine.cli.files import chosen, open_only, surroundings
from engine.cli.hiding import hide, secrets_of
from engine.cli.options import (
    COUNT,
    Json,
    MachinesFolder,
    StoreUrl,
    Variables,
    WorkersFile,
)
from engine.cli.tables import print_json
from engine.cli.telling import simulated_as_json, told
from engine.decide.simulate import Situation, simulate
from engine.errors import SettingError
from engine.machine.compile import compile_definition
from engine.machine.definition import TOGETHER, Definition, Provisioner
from engine.machine.drafts import apart
from engine.machine.tree import Tree
from engine.machine.values import composed
from engine.model import Delivery, Snapshot
from engine.sources.recorded import Recorded, read_recorded


def simulate_command(
    file: Annotated[Path, Parameter(help="The definition: a file (.hcl) or a folder.")],
    payload: Annotated[
        Path | None,
        Parameter(
            help="The delivery in a JSON file: its payload, or a recorded request; /dev/stdin reads the input."
        ),
    ] = None,
    *,
    delivery: Annotated[
        int | None,
        Parameter(
            validator=COUNT,
            help="In place of a file: this delivery of the store, by its number.",
            metavar="NUMBER",
        ),
    ] = None,
    type_: Annotated[
        str | None,
        Parameter(name="--type", help="What happened, in the source's words: release.", metavar="TYPE"),
    ] = None,
    source: Annotated[str | None, Parameter(help="Who sent it: github, gitlab, …", metavar="SOURCE")] = None,
    project: Annotated[str | None, Parameter(help="Only this project's machine.", metavar="PROJECT")] = None,
    state: Annotated[
        str | None, Parameter(help="The state that the entities are in.", metavar="STATE")
    ] = None,
    status: Annotated[
        str | None, Parameter(help="What the backend says: the status they are in.", metavar="STATUS")
    ] = None,
    context: Annotated[
        str | None, Parameter(help="What the instances remember, as JSON.", metavar="JSON")
    ] = None,
    interactive: Annotated[
        bool, Parameter(negative="", help="Step by hand: choose among everything that can happen.")
    ] = False,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    var: Variables = (),
    store: StoreUrl = None,
    json: Json = False,
) -> int:
    """Show what one delivery would do, without doing it: which entities, which event, why, and which calls.

    Without --state and --status the entities are new. What the file does not say about the delivery has to be said with
    --source and --type, unless the definition receives one kind only. A file may hold what `interlock deliveries NUMBER
    --json` prints, or what GitHub's and GitLab's APIs show of a delivery. With --interactive nothing is sent: events are offered as choices, with payloads that make
    them happen and can be edited; time passes where it is told to, steps can be undone, and ? lists what can be said. The exit status is 1 if the delivery means nothing.

    For instance: `interlock simulate statemachines/jira.hcl release.json --state to_do`
    """
    definition = open_only(file, surroundings(workers, machines, var), project)
    provisioners = chosen(definition, project)
    secrets = secrets_of([definition])
    if interactive:
        return _by_hand(definition, provisioners, state, context, secrets)
    if (payload is None) is (delivery is None):
        raise SettingError(
            "name the file with the delivery, or one of the store with --delivery, or use --interactive"
        )
    if state is not None and status is not None:
        raise SettingError(
            "give --state or --status, not both: where a backend observes, its status is the truth"
        )
    from engine.run.clock import now

    at = now()
    compiled = compile_definition(definition)
    if payload is not None:
        found = _in_file(payload, provisioners, source, type_)
    else:
        found = _in_store(store, delivery or 0)
    sent = Delivery(source=found.source, type=found.type, id=found.id, received_at=at, payload=found.payload)
    result = simulate(
        [compiled[p.name] for p in provisioners],
        Situation(start=_start(provisioners, state, _context(context)), status=status),
        sent,
        at,
    )
    if json:
        decided = [simulated_as_json(one) for one in result.decided]
        print_json({"decided": decided, "ignored": result.ignored}, secrets)
        return 0 if result.decided else 1
    for one in result.decided:
        print(hide("\n".join(told(one)), secrets))
    for reason in result.ignored:
        print(hide(f"ignored: {reason}", secrets))
    print("Nothing was stored or performed.")
    return 0 if result.decided else 1


def _by_hand(
    definition: Definition,
    provisioners: tuple[Provisioner, ...],
    state: str | None,
    context: str | None,
    secrets: Sequence[str],
) -> int:
    from engine.cli.by_hand import step_by_hand

    if len(provisioners) != 1:
        raise SettingError(f"name one project with --project: {', '.join(p.name for p in provisioners)}")
    [provisioner] = provisioners
    start = _start(provisioners, state, _context(context))
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  what was said before can be said again, with the arrow keys
    compiled = compile_definition(definition)[provisioner.name]
    step_by_hand(provisioner, compiled, start, input, lambda line: print(hide(line, secrets)))
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


def _in_file(
    place: Path, provisioners: tuple[Provisioner, ...], source: str | None, kind: str | None
) -> Recorded:
    try:
        text = place.read_bytes()
    except OSError as error:
        raise SettingError(f"cannot read {place}: {error.strerror or error}") from None
    payload = _parsed(text, str(place))
    try:
        return read_recorded(text, source, kind)
    except SettingError:
        name, kind = _kind(provisioners, source, kind)
        return Recorded(source=name, type=kind, payload=payload)


def _in_store(store: str | None, number: int) -> Recorded:
    from engine.cli.looking import look_into
    from engine.run.delivered import delivered

    with look_into(store) as opened, opened.read() as connection:
        row, payload = delivered(connection, number)
    return Recorded(source=row.source, type=row.type, id=row.delivery_id, payload=payload)


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
    named = composed(state).split(TOGETHER)
    fitting = [p.machine for p in provisioners if all(name in p.machine.states for name in named)]
    if not fitting:
        known = list(dict.fromkeys(name for p in provisioners for name in p.machine.states))
        unknown = next((name for name in named if name not in known), state)
        raise SettingError(f"there is no state {unknown!r}; the states are {', '.join(known)}")
    found = apart(fitting[0].states, named)
    if found is not None:
        raise SettingError(
            f'nothing is in "{found[0]}" and "{found[1]}" at once: name states in different regions of a parallel state'
        )
    return Snapshot(state=Tree(fitting[0]).entering(TOGETHER.join(named)).text, context=context)
