"""What ``interlock check`` does: read, check, prove, and tell."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.cli.colour import paint_problems
from engine.cli.files import (
    Surroundings,
    check_flags,
    definition_of,
    definitions_in,
    read_given,
    read_place,
    surroundings,
    whole_of,
)
from engine.cli.hiding import hide, secrets_of
from engine.cli.progress import telling
from engine.cli.standard_input import STDIN
from engine.cli.tables import print_json
from engine.config.conceal import without_secrets
from engine.config.settings import read_settings
from engine.diagnostics import MOST_GIVEN, Diagnostic, Severity, errors_in, in_order, most_telling, render
from engine.errors import SettingError
from engine.language import parse
from engine.machine.definition import Definition, Provisioner
from engine.machine.doubted import doubting
from engine.machine.prove import prove
from engine.machine.read import ReadResult
from engine.machine.read_test_file import TEST_FILE_ENDING, read_test_file
from engine.machine.readable import Readable
from engine.machine.slips import without_consequences
from engine.sources.payload_types import known_payload


def check_files(
    *files: Path,
    workers: Path | None = None,
    machines: Path | None = None,
    var: Sequence[str] = (),
    json: bool = False,
    sarif: bool = False,
) -> int:
    """Check files each by itself, or without any all that workers.yaml names; 1 if there is an error, otherwise 0.

    Raises `SettingError` if both forms of data are asked for.
    """
    if json and sarif:
        raise SettingError("--json and --sarif are two forms of one report: ask for one of them")
    around = surroundings(workers, machines, var)
    if files:
        problems, sources, definitions = _check_each(files, around)
        checked = [str(f) for f in files]
    else:
        problems, sources, checked, definitions = _check_together(workers, around)
    proofs = []
    told = list(problems)
    with telling() as tell:
        for provisioner in (p for definition in definitions for p in definition.provisioners.values()):
            payloads = doubting(known_payload, provisioner, told)
            proofs.append(prove(provisioner, tell=tell, payloads=payloads))
            problems += _placed(provisioner, without_consequences(provisioner, proofs[-1].diagnostics, told))
    problems = list(in_order(_wanted(problems, files, around), sources))
    secrets = secrets_of(definitions)
    if sarif:
        from engine.cli.sarif import sarif as as_sarif

        print_json(as_sarif(problems, sources), secrets)
    elif json:
        given, left = most_telling(problems, MOST_GIVEN)
        print_json(
            {
                "ok": not errors_in(problems),
                "checked": checked,
                "diagnostics": [p.as_json() for p in given],
                "left_out": left,
                "proofs": [proof.as_json() for proof in proofs],
            },
            secrets,
        )
    else:
        if problems:
            print(paint_problems(hide(render(problems, sources), secrets), sys.stdout))
            print()
        for proof in proofs:
            print(proof.summary())
        counts = {s.value: sum(1 for p in problems if p.severity is s) for s in Severity}
        said = ", ".join(f"{count} {name}(s)" for name, count in counts.items() if count)
        print(f"{len(checked)} file(s) checked: {said or 'no problem'}")
    return 1 if errors_in(problems) else 0


def _wanted(
    problems: Iterable[Diagnostic], files: tuple[Path, ...], around: Surroundings
) -> Iterator[Diagnostic]:
    """Of a module of which single files were named: its errors, which stop all of it, and what else is said of those."""
    named = {os.path.realpath(file) for file in files}
    parts = {whole_of(file, around) for file in files if file != STDIN} - set(files)
    folders = {os.path.realpath(folder) for folder in parts} - named
    for problem in problems:
        if problem.severity is not Severity.ERROR and problem.subject is not None:
            place = os.path.realpath(problem.subject.filename)
            if os.path.dirname(place) in folders and place not in named:  # noqa: PTH120 - a text
                continue
        yield problem


def _placed(provisioner: Provisioner, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """What is so in a module may be so for one of its users only: each problem there says for whom."""
    for problem in found:
        if problem.subject is None or problem.subject.filename == provisioner.span.filename:
            yield problem
        else:
            user = f'It is so for provisioner "{provisioner.name}" at {provisioner.span}.'
            yield replace(problem, story=f"{problem.story}\n{user}".strip())


def _check_each(
    files: tuple[Path, ...], around: Surroundings
) -> tuple[list[Diagnostic], dict[str, str], list[Definition]]:
    each = _Each(around)
    for file in files:
        each.file(file)
    check_flags(around.flags, each.declared)
    each.problems += _check_calls(each.definitions, each.broken, around)
    return each.problems, each.sources, each.definitions


class _Each:
    """What is found in one file after the other."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.problems: list[Diagnostic] = []
        self.sources: dict[str, str] = {}
        self.definitions: list[Definition] = []
        self.broken: list[Readable] = []
        self.declared: list[Iterable[str] | None] = []
        self._done: set[Path] = set()

    def file(self, file: Path) -> None:
        """Look at a file that was named, or at all that stands in a folder."""
        if file.name.endswith(TEST_FILE_ENDING):
            self._tests(file)
        elif file.suffix in {".yaml", ".yml"}:
            text = self._text(file)
            if text is not None:
                self.sources[str(file)] = without_secrets(text)
                self.problems += _check_workers(text, str(file))
        else:
            for place in [STDIN] if file == STDIN else definitions_in([file], self.around):
                self._place(place, file)

    def _text(self, file: Path) -> str | None:
        from engine.run.files import read_text

        return read_text(file, "a file to be checked", self.problems)

    def _tests(self, file: Path) -> None:
        text = self._text(file)
        if text is None:
            return
        self.sources[str(file)] = text
        place = definition_of(file, self.around)
        beside = read_place(place, self.around).definition
        if beside is None:  # the tests cannot be read without it: what is wrong with it is told
            self._place(place, place)
            self.problems += parse(text, str(file)).told
            return
        joined, found = read_test_file(text, str(file), beside)
        self.problems += found
        self.definitions += [] if joined is None else [joined]
        self.declared.append(beside.variables)

    def _place(self, place: Path, file: Path) -> None:
        """Look at a definition, for the file that was named; once, whatever else leads to it."""
        from engine.sources.check import check_sources

        if place in self._done:
            return
        self._done.add(place)
        around = self.around
        read = read_given(sys.stdin.buffer.read(), around) if place == STDIN else read_place(place, around)
        self.sources.update(read.sources)
        self.problems += _told(read, of_module=place != file and around.worker_of(place, None) is None)
        self.problems += [*check_sources(read), *read.unused, *_without_worker(place, read, around)]
        self.declared.append(read.declared)
        self.broken += read.broken
        if read.whole is not None:
            self.definitions.append(read.whole)


def _told(read: ReadResult, *, of_module: bool) -> Iterator[Diagnostic]:
    """The problems of a definition; a module whose file was named gets its values from those who use it."""
    return (d for d in read.diagnostics if not (of_module and d.code == "variable_without_value"))


def _check_calls(
    definitions: Iterable[Definition], broken: Iterable[Readable], around: Surroundings
) -> tuple[Diagnostic, ...]:
    """What is wrong with what actions and requests give to processors."""
    broken = [each for each in broken if each.calls]
    machines = [p.machine for definition in definitions for p in definition.provisioners.values()]
    if not broken and not any(
        next(m.actions(), None) or any(t.request for t in m.transitions) for m in machines
    ):
        return ()  # most machines call nothing but their own backend: load no processors for them
    from engine.processors.registry import load_processors
    from engine.run.arguments import check_arguments

    return check_arguments(definitions, around.workers, load_processors(), around.environ, broken)


def _without_worker(file: Path, read: ReadResult, around: Surroundings) -> tuple[Diagnostic, ...]:
    """The actions whose worker workers.yaml does not have, if that is where the definition is used."""
    if around.workers is None or around.worker_of(file, None) is None:
        return ()
    from engine.processors.registry import load_processors
    from engine.run.hub import check_action_workers

    used = [one for provisioner in read.readable for one in provisioner.called]
    return check_action_workers(around.workers, load_processors(), used)


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
    workers: Path | None, around: Surroundings
) -> tuple[list[Diagnostic], dict[str, str], list[str], list[Definition]]:
    from engine.processors.registry import load_processors
    from engine.run.load import load

    settings = read_settings({"workers": workers}, around.environ)
    loaded = load(settings.workers, around.machines, load_processors(), around.environ, around.flags)
    return (
        [*loaded.diagnostics, *loaded.unused],
        dict(loaded.sources),
        list(loaded.sources),
        list(loaded.whole),
    )
