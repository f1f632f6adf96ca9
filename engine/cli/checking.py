"""What ``interlock check`` does: read, check, prove, and tell."""

import sys
from pathlib import Path

from engine.cli.colour import paint_problems
from engine.cli.environment import environment
from engine.cli.files import definition_of, open_definition
from engine.cli.tables import print_json
from engine.config.conceal import without_secrets
from engine.config.settings import read_settings
from engine.diagnostics import Diagnostic, Severity, errors_in, render
from engine.machine.definition import Definition
from engine.machine.prove import prove
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file


def check_files(
    *files: Path,
    workers: Path | None = None,
    machines: Path | None = None,
    json: bool = False,
    sarif: bool = False,
) -> int:
    """Check files each by itself, or without any all that workers.yaml names; 1 if there is an error, otherwise 0."""
    if files:
        problems, sources, definitions = _check_each(files)
        checked = [str(f) for f in files]
    else:
        problems, sources, checked, definitions = _check_together(workers, machines)
    proofs = [prove(p) for definition in definitions for p in definition.provisioners.values()]
    problems += [problem for proof in proofs for problem in proof.diagnostics]
    if sarif:
        from engine.cli.sarif import sarif as as_sarif

        print_json(as_sarif(problems, sources))
    elif json:
        print_json(
            {
                "ok": not errors_in(problems),
                "checked": checked,
                "diagnostics": [p.as_json() for p in problems],
                "proofs": [proof.as_json() for proof in proofs],
            }
        )
    else:
        if problems:
            print(paint_problems(render(problems, sources), sys.stdout))
            print()
        for proof in proofs:
            print(proof.summary())
        counts = {s.value: sum(1 for p in problems if p.severity is s) for s in Severity}
        said = ", ".join(f"{count} {name}(s)" for name, count in counts.items() if count)
        print(f"{len(checked)} file(s) checked: {said or 'no problem'}")
    return 1 if errors_in(problems) else 0


def _check_each(files: tuple[Path, ...]) -> tuple[list[Diagnostic], dict[str, str], list[Definition]]:
    from engine.run.files import read_text

    definitions: list[Definition] = []
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
        elif file.name.endswith(TEST_FILE_ENDING):
            joined, found = read_test_file(text, str(file), open_definition(definition_of(file)))
            problems += found
            definitions += [] if joined is None else [joined]
        else:
            from engine.machine.read import read_definition
            from engine.sources.check import check_sources

            read = read_definition(text, str(file))
            problems += read.diagnostics
            if read.definition is not None:
                problems += check_sources(read.definition)
                definitions.append(read.definition)
    return problems, sources, definitions


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
) -> tuple[list[Diagnostic], dict[str, str], list[str], list[Definition]]:
    from engine.processors.registry import load_processors
    from engine.run.load import load

    environ = environment()
    settings = read_settings({"workers": workers, "machines": machines}, environ)
    loaded = load(settings.workers, settings.machines, load_processors(), environ)
    definitions = [] if loaded.serving is None else list(loaded.serving.definitions.values())
    return list(loaded.diagnostics), dict(loaded.sources), list(loaded.sources), definitions
