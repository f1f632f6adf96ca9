"""Read workers.yaml and the definitions that it names, and hold them against each other."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path

from engine.config.conceal import without_secrets
from engine.config.redaction import texts_in
from engine.config.suggest import did_you_mean
from engine.config.workers import Worker, Workers, read_workers
from engine.diagnostics import Diagnostic, Span, errors_in
from engine.errors import InvalidDefinitionError
from engine.frozen import frozen
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.definition import Definition
from engine.machine.files import Absent, Files, normal
from engine.machine.read import ReadResult, read_files
from engine.processors.processor import ProcessorMaker
from engine.run.arguments import check_arguments
from engine.run.files import read_text
from engine.run.hub import Hub, check_action_workers, check_projects
from engine.run.library import MachinesFolder, test_texts
from engine.run.variables import check_declared, check_environment, values_for, without_values
from engine.sources.check import check_sources


@frozen
class Serving:
    """What a daemon decides with: replaced as a whole when definitions are reloaded."""

    #: By project name.
    provisioners: Mapping[str, CompiledProvisioner]
    #: Every definition read; one file is several where workers give its variables different values.
    definitions: tuple[Definition, ...]
    #: By project name, the hash of the text that its machine was read from (`text_hash`).
    texts: Mapping[str, str]


def text_hash(definition: Definition) -> str:
    """Names a definition's very text: two of them may mean the same, and give other places in a trace."""
    return hashlib.sha256(f"{definition.filename}\0{definition.source}".encode()).hexdigest()


@frozen
class Loaded:
    """Everything found in the files: parts that can be used, and every problem."""

    workers: Workers | None
    serving: Serving | None
    hub: Hub | None
    diagnostics: tuple[Diagnostic, ...]
    #: Every definition that could be read, with those of its provisioners that have no error.
    whole: tuple[Definition, ...] = ()
    #: Warnings of what is there in vain: for authors, not for who runs it.
    unused: tuple[Diagnostic, ...] = ()
    #: The texts read, by file name, to show source lines beside problems.
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> set[str]:
        """What must show in no log: of the workers' settings, and the values of sensitive variables."""
        definitions = () if self.serving is None else self.serving.definitions
        values = [d.variables[name] for d in definitions for name in d.sensitive if name in d.variables]
        return {*(() if self.hub is None else self.hub.secrets), *texts_in(values)}

    def usable(self) -> tuple[Serving, Hub]:
        """The parts a daemon needs; raises `InvalidDefinitionError` with every problem if any is an error."""
        if self.serving is None or self.hub is None or errors_in(self.diagnostics):
            raise InvalidDefinitionError(self.diagnostics, self.sources)
        return self.serving, self.hub


def load(
    workers_file: Path,
    machines: Path,
    makers: Mapping[str, ProcessorMaker],
    environ: Mapping[str, str],
    flags: Mapping[str, str] | None = None,
) -> Loaded:
    """Read, check and connect; never stops at the first problem and never raises for a file's content.

    `flags` are values of variables that come before all others.
    """
    sources: dict[str, str] = {}
    diagnostics: list[Diagnostic] = []
    text = read_text(workers_file, "the file that maps projects to backends", diagnostics)
    if text is None:
        return Loaded(workers=None, serving=None, hub=None, diagnostics=tuple(diagnostics))
    sources[str(workers_file)] = without_secrets(text)
    result = read_workers(text, str(workers_file))
    diagnostics += result.diagnostics
    workers = result.workers
    if workers is not None:
        sources[str(workers_file)] = without_values(text, workers)
    if workers is None:
        return Loaded(workers=None, serving=None, hub=None, diagnostics=tuple(diagnostics), sources=sources)
    readings = {w.name: _read(w, workers_file, machines, environ, flags or {}) for w in workers.workers}
    for reading in readings.values():
        diagnostics += reading.diagnostics
        sources.update(reading.sources)
    definitions = {name: r.definition for name, r in readings.items() if r.definition is not None}
    names = {
        worker.statefile: tuple(provisioner.name for provisioner in readings[worker.name].readable)
        for worker in workers.workers
        if worker.statefile is not None and readings[worker.name].declared is not None
    }
    diagnostics += check_projects(workers, names)
    diagnostics += check_action_workers(workers, makers, _workers_used(readings.values()))
    whole = _different(r.whole for r in readings.values() if r.whole is not None)
    broken = [each for reading in readings.values() for each in reading.broken]
    diagnostics += check_arguments(whole, workers, makers, environ, broken)
    diagnostics += _check_flags(flags or {}, readings.values())
    diagnostics += check_environment(environ, [reading.declared for reading in readings.values()])
    hub, problems = Hub.build(workers, makers, environ)
    diagnostics += problems
    return Loaded(
        workers=workers,
        serving=_serving(workers, definitions),
        hub=hub,
        diagnostics=tuple(dict.fromkeys(diagnostics)),  # two workers may name one statefile
        unused=tuple(dict.fromkeys(d for r in readings.values() for d in r.unused)),
        whole=whole,
        sources=sources,
    )


def _read(
    worker: Worker,
    workers_file: Path,
    machines: Path,
    environ: Mapping[str, str],
    flags: Mapping[str, str],
) -> ReadResult:
    """The definitions of a worker, with its values for their variables."""
    if worker.statefile is None:
        return ReadResult(definition=None, diagnostics=(), declared=())
    files = _files(worker.statefile, workers_file, machines)
    if isinstance(files, Diagnostic):
        return ReadResult(definition=None, diagnostics=(files,))
    values, problems = values_for(worker, environ, flags)
    read = read_files(files, MachinesFolder(machines), values)
    unresolved = {problem.subject for problem in problems}
    found = [*problems, *_without(read.diagnostics, worker, unresolved)]
    if read.declared is not None:
        found += check_declared(worker, read.declared)
    found += check_sources(read)
    return replace(read, diagnostics=tuple(found))


def _without(
    found: Iterable[Diagnostic], worker: Worker, unresolved: set[Span | None]
) -> Iterator[Diagnostic]:
    """The problems without those that only follow from a reference that leads nowhere."""
    absent = {f'"{name}"' for name, span in worker.variable_spans.items() if span in unresolved}
    return (d for d in found if d.code != "variable_without_value" or not any(n in d.summary for n in absent))


def _files(statefile: str, workers_file: Path, machines: Path) -> Files | Diagnostic:
    path = machines / statefile
    if path.is_dir():
        found = MachinesFolder(machines)(statefile)
        return found.as_diagnostic() if isinstance(found, Absent) else found
    problems: list[Diagnostic] = []
    text = read_text(path, f"the statefile that {workers_file} names", problems)
    if text is None:
        return problems[0]
    place = normal(statefile)
    folder = place.rpartition("/")[0]
    return Files(place=place, folder=folder, name=str(path), texts={str(path): text}, tests=test_texts(path))


def _check_flags(flags: Mapping[str, str], readings: Iterable[ReadResult]) -> list[Diagnostic]:
    """Whether each value that was given by hand is for a variable of some definition."""
    known = [reading.declared for reading in readings]
    names = {name for declared in known for name in declared or ()}
    return [
        Diagnostic(
            code="unknown_variable",
            summary=f'No definition has a variable "{name}", which --var gives',
            detail=did_you_mean(name, names),
        )
        for name in flags
        if name not in names and None not in known
    ]


def _serving(workers: Workers, definitions: Mapping[str, Definition]) -> Serving:
    provisioners: dict[str, CompiledProvisioner] = {}
    texts: dict[str, str] = {}
    for worker in workers.workers:
        definition = definitions.get(worker.name)
        if definition is None:
            continue
        compiled = compile_definition(definition)
        provisioners.update({name: compiled[name] for name in worker.projects if name in compiled})
        texts.update(dict.fromkeys(worker.projects, text_hash(definition)))
    return Serving(provisioners=provisioners, definitions=_different(definitions.values()), texts=texts)


def _different(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    """One file is several definitions where workers give its variables different values."""
    return tuple({(d.filename, d.hash): d for d in definitions}.values())


def _workers_used(readings: Iterable[ReadResult]) -> list[tuple[str, Span | None]]:
    """The worker of every action, and where it stands."""
    return [used for read in readings for provisioner in read.readable for used in provisioner.called]
