"""``interlock graph FILE``: a picture of a definition."""

import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from engine.cli.files import chosen, open_only, open_with_tests, read_place, surroundings
from engine.cli.options import MachinesFolder, StoreUrl, Variables, WorkersFile
from engine.diagnostics import Diagnostic
from engine.errors import SettingError
from engine.machine.definition import Provisioner
from engine.machine.diagram import Visit, diagram, taken
from engine.machine.drawing import draw

if TYPE_CHECKING:
    from engine.machine.claims import Finding

#: Longer than Graphviz needs for any definition that a person can read.
_TIMEOUT = 60.0
_MOST_DECISIONS = 10_000


def graph(
    file: Annotated[Path, Parameter(help="The definition: a file (.hcl) or a folder.")],
    *,
    project: Annotated[str | None, Parameter(help="Only this project's machine.", metavar="PROJECT")] = None,
    form: Annotated[
        Literal["mermaid", "dot", "svg", "table"],
        Parameter(name="--format", help="What to draw; svg needs Graphviz."),
    ] = "mermaid",
    entity: Annotated[
        str | None,
        Parameter(help="Highlight the way this entity has gone, from the store.", metavar="ENTITY"),
    ] = None,
    claim: Annotated[
        str | None,
        Parameter(
            name="--property",
            help="Highlight the counterexample of this property, if it does not hold.",
            metavar="PROPERTY",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"], help="Write to this file instead of the terminal.", metavar="FILE"
        ),
    ] = None,
    store: StoreUrl = None,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    var: Variables = (),
) -> int:
    """Draw a definition's states and transitions, guards and effects included.

    States in states are drawn in each other. Equal definitions give equal pictures, so that a picture can be kept beside
    a definition and compared. A highlighted way is drawn with bold lines; the table marks it with a star.

    For instance: `interlock graph statemachines/jira.hcl --format svg --output soc.svg`
    """
    if entity is not None and claim is not None:
        raise SettingError("give --entity or --property, not both: one way is highlighted")
    around = surroundings(workers, machines, var)
    opened = open_only if claim is None else open_with_tests
    provisioners = chosen(opened(file, around, project), project)
    visits = {} if entity is None else _visits(entity, [p.name for p in provisioners], store)
    if claim is not None:
        from engine.sources.check import check_sources

        visits = _counterexample(claim, provisioners, check_sources(read_place(file, around, project)))
    picture = diagram(provisioners, visits)
    text = _svg(draw(picture, "dot")) if form == "svg" else draw(picture, form)
    if output is None:
        sys.stdout.write(text)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingError(f"cannot write {output}: {error.strerror or error}") from None
    return 0


def _visits(entity: str, projects: list[str], store: str | None) -> dict[str, tuple[Visit, ...]]:
    from engine.cli.looking import look_into
    from engine.store import history, instances

    with look_into(store) as opened, opened.read() as connection:
        found = {
            i.project: tuple(
                Visit(
                    before=row.before,
                    event=row.event,
                    after=row.after,
                    taken=frozenset(
                        taken(c.source, c.target, c.place) for c in row.trace.candidates if c.taken
                    ),
                )
                for row in reversed(history.of_entity(connection, i.project, i.entity_id, _MOST_DECISIONS))
                if row.before is not None and row.after is not None
            )
            for i in instances.find(connection, entity)
            if i.project in projects
        }
    if not found:
        raise SettingError(
            f"the store knows nothing of {entity} in {', '.join(projects)}; `interlock show {entity}` says more"
        )
    return found


def _counterexample(
    name: str, provisioners: tuple[Provisioner, ...], told: Collection[Diagnostic]
) -> dict[str, tuple[Visit, ...]]:
    from engine.machine.claims import Outcome
    from engine.machine.doubted import doubting
    from engine.machine.prove import prove
    from engine.sources.payload_types import known_payload

    findings = {
        p.name: [
            f for f in prove(p, payloads=doubting(known_payload, p, told)).findings if f.property.name == name
        ]
        for p in provisioners
        if any(claimed.name == name for claimed in p.properties)
    }
    if not findings:
        known = ", ".join(f'"{claimed.name}"' for p in provisioners for claimed in p.properties)
        raise SettingError(f'there is no property "{name}"; there are {known or "none"}')
    failing = {project: f for project, found in findings.items() for f in found if f.outcome is Outcome.FAILS}
    if not failing:
        raise SettingError(f'no counterexample of "{name}" is known: `interlock check` says more')
    return {project: _way(finding) for project, finding in failing.items()}


def _way(finding: "Finding") -> tuple[Visit, ...]:
    """The moves of a counterexample; one that is wrong from the start shows the start."""
    visits = [
        Visit(
            before=move.before.snapshot.state,
            event=move.event.name,
            after=move.after.snapshot.state,
            taken=frozenset(
                taken(t.source, t.source if t.target is None else t.target, str(t.span)) for t in move.taken
            ),
        )
        for move in finding.way
        if move.event.name
    ]
    if not visits and finding.start is not None:
        state = finding.start.snapshot.state
        visits = [Visit(before=state, event="", after=state)]
    return tuple(visits)


def _svg(text: str) -> str:
    program = shutil.which("dot")
    if program is None:
        raise SettingError(
            "svg is drawn by Graphviz, and there is no `dot` on the path: install graphviz, or use --format mermaid"
        )
    try:
        done = subprocess.run(  # noqa: S603  the program that the user installed, with nothing but a graph to read
            [program, "-Tsvg"], input=text, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingError(f"Graphviz could not be run: {error}") from None
    if done.returncode:
        raise SettingError(f"Graphviz refused: {done.stderr.strip()[:500]}")
    return done.stdout
