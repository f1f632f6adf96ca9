"""``interlock graph FILE``: a picture of a definition."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from engine.cli.files import chosen, open_only, surroundings
from engine.cli.options import MachinesFolder, StoreUrl, Variables, WorkersFile, settings_from
from engine.errors import SettingError
from engine.machine.diagram import Visit, diagram
from engine.machine.drawing import draw

#: Longer than Graphviz needs for any definition that a person can read.
_TIMEOUT = 60.0
_MOST_DECISIONS = 10_000


def graph(
    file: Annotated[Path, Parameter(help="The definition: a file (.hcl) or a folder.")],
    *,
    project: Annotated[str | None, Parameter(help="Only this project's machine.")] = None,
    form: Annotated[
        Literal["mermaid", "dot", "svg", "table"],
        Parameter(name="--format", help="What to draw; svg needs Graphviz."),
    ] = "mermaid",
    entity: Annotated[
        str | None, Parameter(help="Highlight the way this entity has gone, from the store.")
    ] = None,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="Write to this file instead of the terminal.")
    ] = None,
    store: StoreUrl = None,
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    var: Variables = (),
) -> int:
    """Draw a definition's states and transitions, guards and effects included.

    Equal definitions give equal pictures, so that a picture can be kept beside a definition and compared.
    """
    provisioners = chosen(open_only(file, surroundings(workers, machines, var), project), project)
    visits = {} if entity is None else _visits(entity, [p.name for p in provisioners], store)
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
    from engine.serve.start import open_store
    from engine.store import history, instances

    opened = open_store(settings_from(store=store))
    try:
        with opened.read() as connection:
            found = {
                i.project: tuple(
                    Visit(before=row.before, event=row.event, after=row.after)
                    for row in reversed(
                        history.of_entity(connection, i.project, i.entity_id, _MOST_DECISIONS)
                    )
                    if row.before is not None and row.after is not None
                )
                for i in instances.find(connection, entity)
                if i.project in projects
            }
    finally:
        opened.close()
    if not found:
        raise SettingError(
            f"the store knows nothing of {entity} in {', '.join(projects)}; `interlock show {entity}` says more"
        )
    return found


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
