"""Read workers.yaml and the definitions that it names, and hold them against each other."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.conceal import without_secrets
from engine.config.workers import Workers, read_workers
from engine.diagnostics import Diagnostic, Span, errors_in
from engine.errors import InvalidDefinitionError
from engine.machine.compile import CompiledProvisioner, compile_definition
from engine.machine.definition import Definition
from engine.machine.read import read_definition
from engine.processors.processor import ProcessorMaker
from engine.run.files import read_text
from engine.run.hub import Hub, check_action_workers, check_projects
from engine.sources.check import check_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a daemon decides with: replaced as a whole when definitions are reloaded."""

    #: By project name.
    provisioners: Mapping[str, CompiledProvisioner]
    #: Every definition read, by the name of its statefile.
    definitions: Mapping[str, Definition]
    #: By project name, the hash of the text that its machine was read from (`text_hash`).
    texts: Mapping[str, str]


def text_hash(definition: Definition) -> str:
    """Names a definition's very text: two files may mean the same, and give other places in a trace."""
    return hashlib.sha256(f"{definition.filename}\0{definition.source}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Everything found in the files: parts that can be used, and every problem."""

    workers: Workers | None
    serving: Serving | None
    hub: Hub | None
    diagnostics: tuple[Diagnostic, ...]
    #: The texts read, by file name, to show source lines beside problems.
    sources: Mapping[str, str] = field(default_factory=dict)

    def usable(self) -> tuple[Serving, Hub]:
        """The parts a daemon needs; raises `InvalidDefinitionError` with every problem if any is an error."""
        if self.serving is None or self.hub is None or errors_in(self.diagnostics):
            raise InvalidDefinitionError(self.diagnostics, self.sources)
        return self.serving, self.hub


def load(
    workers_file: Path, machines: Path, makers: Mapping[str, ProcessorMaker], environ: Mapping[str, str]
) -> Loaded:
    """Read, check and connect; never stops at the first problem and never raises for a file's content."""
    sources: dict[str, str] = {}
    diagnostics: list[Diagnostic] = []
    text = read_text(workers_file, "the file that maps projects to backends", diagnostics)
    if text is None:
        return Loaded(workers=None, serving=None, hub=None, diagnostics=tuple(diagnostics))
    sources[str(workers_file)] = without_secrets(text)
    result = read_workers(text, str(workers_file))
    diagnostics += result.diagnostics
    workers = result.workers
    if workers is None:
        return Loaded(workers=None, serving=None, hub=None, diagnostics=tuple(diagnostics), sources=sources)
    definitions: dict[str, Definition] = {}
    for statefile in dict.fromkeys(w.statefile for w in workers.workers if w.statefile is not None):
        path = machines / statefile
        text = read_text(path, f"the statefile that {workers_file} names", diagnostics)
        if text is None:
            continue
        sources[str(path)] = text
        read = read_definition(text, str(path))
        diagnostics += read.diagnostics
        if read.definition is not None:
            diagnostics += check_sources(read.definition)
            definitions[statefile] = read.definition
    names = {statefile: tuple(definition.provisioners) for statefile, definition in definitions.items()}
    diagnostics += check_projects(workers, names)
    diagnostics += check_action_workers(workers, makers, _workers_used(definitions))
    hub, problems = Hub.build(workers, makers, environ)
    diagnostics += problems
    return Loaded(
        workers=workers,
        serving=_serving(workers, definitions),
        hub=hub,
        diagnostics=tuple(diagnostics),
        sources=sources,
    )


def _serving(workers: Workers, definitions: Mapping[str, Definition]) -> Serving:
    provisioners: dict[str, CompiledProvisioner] = {}
    texts: dict[str, str] = {}
    for worker in workers.workers:
        definition = definitions.get(worker.statefile) if worker.statefile is not None else None
        if definition is None:
            continue
        compiled = compile_definition(definition)
        provisioners.update({name: compiled[name] for name in worker.projects if name in compiled})
        texts.update(dict.fromkeys(worker.projects, text_hash(definition)))
    return Serving(provisioners=provisioners, definitions=definitions, texts=texts)


def _workers_used(definitions: Mapping[str, Definition]) -> list[tuple[str, Span | None]]:
    """The worker of every action, and where it stands."""
    return [
        (action.worker, action.span)
        for definition in definitions.values()
        for provisioner in definition.provisioners.values()
        for action in provisioner.machine.actions()
    ]
