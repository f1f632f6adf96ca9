"""``interlock check``: are the definitions right?"""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.cli.colour import paint_problems
from engine.cli.options import Json, MachinesFolder, WorkersFile, environment
from engine.cli.tables import print_json
from engine.config.conceal import without_secrets
from engine.config.settings import read_settings
from engine.diagnostics import Diagnostic, errors_in, render


def check(
    *files: Annotated[Path, Parameter(help="Definitions (.hcl) and workers files (.yaml).")],
    workers: WorkersFile = None,
    machines: MachinesFolder = None,
    json: Json = False,
    sarif: Annotated[
        bool, Parameter(negative="", help="Print SARIF 2.1.0, for code hosts and editors.")
    ] = False,
) -> int:
    """Check machine definitions and workers files, and list every problem.

    With files, each is checked by itself. Without, workers.yaml and all definitions it names are checked together, as
    `interlock run` does at its start. The exit status is 1 if there is an error, otherwise 0.
    """
    if files:
        problems, sources = _check_each(files)
        checked = [str(f) for f in files]
    else:
        problems, sources, checked = _check_together(workers, machines)
    if sarif:
        from engine.cli.sarif import sarif as as_sarif

        print_json(as_sarif(problems, sources))
    elif json:
        print_json(
            {
                "ok": not errors_in(problems),
                "checked": checked,
                "diagnostics": [p.as_json() for p in problems],
            }
        )
    else:
        if problems:
            print(paint_problems(render(problems, sources), sys.stdout))
            print()
        count = sum(1 for p in problems if p.severity == "error")
        said = "no problem" if not problems else f"{count} error(s), {len(problems) - count} warning(s)"
        print(f"{len(checked)} file(s) checked: {said}")
    return 1 if errors_in(problems) else 0


def _check_each(files: tuple[Path, ...]) -> tuple[list[Diagnostic], dict[str, str]]:
    from engine.run.files import read_text

    problems: list[Diagnostic] = []
    sources: dict[str, str] = {}
    for file in files:
        text = read_text(file, "a file to be checked", problems)
        if text is None:
            continue
        sources[str(file)] = text
        if file.suffix in {".yaml", ".yml"}:
            sources[str(file)] = without_secrets(text)
            problems += _check_workers(text, str(file))
        else:
            from engine.machine.read import read_definition
            from engine.sources.check import check_sources

            read = read_definition(text, str(file))
            problems += read.diagnostics
            problems += check_sources(read.definition) if read.definition is not None else ()
    return problems, sources


def _check_workers(text: str, name: str) -> list[Diagnostic]:
    """What is wrong with a workers file by itself; whether its statefiles and variables exist is for the whole check."""
    from engine.config.workers import read_workers
    from engine.processors.registry import load_processors
    from engine.run.hub import Hub

    result = read_workers(text, name)
    problems = list(result.diagnostics)
    if result.workers is not None:
        _, found = Hub.build(result.workers, load_processors(), {})
        problems += [p for p in found if p.code in {"unknown_processor", "unknown_setting", "wrong_setting"}]
    return problems


def _check_together(
    workers: Path | None, machines: Path | None
) -> tuple[list[Diagnostic], dict[str, str], list[str]]:
    from engine.processors.registry import load_processors
    from engine.run.load import load

    environ = environment()
    settings = read_settings({"workers": workers, "machines": machines}, environ)
    loaded = load(settings.workers, settings.machines, load_processors(), environ)
    return list(loaded.diagnostics), dict(loaded.sources), list(loaded.sources)
