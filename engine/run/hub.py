"""The hub: from a project or a worker's name to the processor that makes the call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Self
from urllib.parse import urlsplit

from engine.config.conceal import speaks_of_secret
from engine.config.redaction import of_setting
from engine.config.references import resolve
from engine.config.suggest import did_you_mean
from engine.config.workers import Worker, Workers
from engine.diagnostics import Diagnostic, Span, errors_in
from engine.model import Attempt, Effect, Entity, Observation, Outcome
from engine.processors.processor import Call, Processor, ProcessorMaker, Settings

#: The processor that actions may name without any worker.
BUILTIN = "http"


class Hub:
    """The connected processors of a ``workers.yaml``."""

    def __init__(
        self,
        by_worker: Mapping[str, Processor],
        by_project: Mapping[str, str],
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        """Take the processors by their workers, the workers by their projects, and what is secret in the settings."""
        self._by_worker = dict(by_worker)
        self._by_project = dict(by_project)
        #: What must show in no log.
        self.secrets = secrets

    @classmethod
    def build(
        cls, workers: Workers, makers: Mapping[str, ProcessorMaker], environ: Mapping[str, str]
    ) -> tuple[Self | None, tuple[Diagnostic, ...]]:
        """Connect every worker. If any cannot be, none is: all that is wrong comes back instead. No I/O."""
        diagnostics: list[Diagnostic] = []
        ready: dict[str, tuple[ProcessorMaker, Settings]] = {}
        for worker in workers.workers:
            maker = maker_of(worker, makers)
            if maker is None:
                diagnostics.append(_unknown_processor(worker, makers))
                continue
            settings, problems = settings_of(worker, maker, environ)
            diagnostics += problems
            ready[worker.name] = (maker, settings)
        if errors_in(diagnostics):
            return None, tuple(diagnostics)
        if BUILTIN not in ready and BUILTIN in makers:
            ready[BUILTIN] = (makers[BUILTIN], Settings(worker=BUILTIN))
        by_worker = {name: maker.connect(settings) for name, (maker, settings) in ready.items()}
        by_project = {project: worker.name for worker in workers.workers for project in worker.projects}
        secrets = frozenset(secret for _, settings in ready.values() for secret in _secrets_of(settings))
        return cls(by_worker, by_project, secrets), tuple(diagnostics)

    def for_project(self, project: str) -> Processor:
        """The processor that holds the project's state; one that refuses everything if no worker serves it."""
        worker = self._by_project.get(project.lower())
        return (
            _Nobody(f'no worker serves the project "{project}"')
            if worker is None
            else self._by_worker[worker]
        )

    def for_effect(self, project: str, effect: Effect) -> Processor:
        """The processor that makes the effect's call; one that refuses it if the worker is gone."""
        if not effect.worker:
            return self.for_project(project)
        found = self._by_worker.get(effect.worker)
        return _Nobody(f'there is no worker "{effect.worker}"') if found is None else found

    def missing(self, project: str, effect: Effect) -> str | None:
        """Which worker is not there to make the effect's call; None if there is one."""
        nobody = self.for_effect(project, effect)
        return nobody.why if isinstance(nobody, _Nobody) else None

    def backend_of(self, project: str, effect: Effect | None = None) -> str:
        """Names what an observation (no effect) or an effect would call: the worker and, if the effect says, the host."""
        worker = effect.worker if effect is not None else ""
        name = worker or self._by_project.get(project.lower(), project)
        url = effect.arguments.get("url") if effect is not None else None
        host = urlsplit(url).netloc.rpartition("@")[2] if isinstance(url, str) and "[" not in url else ""
        if host and effect is not None and "url" in effect.masks:
            host = f"(sensitive {sha256(host.encode()).hexdigest()[:8]})"  # still one host's name, for its breaker
        return f"{name} {host}".rstrip()

    def names(self) -> tuple[str, ...]:
        """The workers that an action may name."""
        return tuple(sorted(self._by_worker))

    async def close(self) -> None:
        """Release every connection."""
        for processor in self._by_worker.values():
            await processor.close()


class _Nobody:
    """Stands where no worker is: an effect may be older than the ``workers.yaml`` that is read now."""

    observes = False

    def __init__(self, why: str) -> None:
        self.why = why
        self._detail = f"{why}; name it in workers.yaml and try again"

    async def observe(self, entity: Entity) -> Observation:
        """Refused."""
        return Observation(outcome=Outcome.REFUSED, detail=f"{entity}: {self._detail}")

    async def perform(self, call: Call) -> Attempt:
        """Refused."""
        return Attempt(outcome=Outcome.REFUSED, detail=f"{call.entity}: {self._detail}")

    async def close(self) -> None:
        """Nothing to release."""


def maker_of(worker: Worker, makers: Mapping[str, ProcessorMaker]) -> ProcessorMaker | None:
    """The maker that the worker names by ``processor:``, or else by its own name."""
    if worker.processor is not None:
        return makers.get(worker.processor)
    by_name = (
        maker for maker in makers.values() if worker.name == maker.name or worker.name in maker.worker_names
    )
    return next(by_name, None)


def _unknown_processor(worker: Worker, makers: Mapping[str, ProcessorMaker]) -> Diagnostic:
    if worker.processor is not None:
        return Diagnostic(
            code="unknown_processor",
            summary=f'There is no processor "{worker.processor}"',
            detail=f"{did_you_mean(worker.processor, makers)} Installed: {', '.join(sorted(makers))}.",
            subject=worker.member_spans.get("processor", worker.span),
        )
    return Diagnostic(
        code="unknown_processor",
        summary=f'The name "{worker.name}" does not say which processor it is',
        detail=f"{_nearest(worker.name, makers)}Add `processor:` with one of: {', '.join(sorted(makers))}.",
        subject=worker.span,
    )


def _nearest(name: str, makers: Mapping[str, ProcessorMaker]) -> str:
    """A question, if the worker's name is nearly one that says its processor."""
    known = {*makers, *(word for maker in makers.values() for word in maker.worker_names)}
    asked = did_you_mean(name, known)
    return f"{asked} " if asked.startswith("Did you mean") else ""


def settings_of(
    worker: Worker, maker: ProcessorMaker, environ: Mapping[str, str]
) -> tuple[Settings, list[Diagnostic]]:
    """The worker's settings over the maker's defaults, and everything that is wrong with them."""
    diagnostics: list[Diagnostic] = []

    def problem(code: str, setting: str, summary: str, detail: str) -> None:
        spans = worker.setting_names if code == "unknown_setting" else worker.setting_spans
        subject = spans.get(setting, worker.span)
        diagnostics.append(Diagnostic(code=code, summary=summary, detail=detail, subject=subject))

    values: dict[str, Any] = {
        setting: environ[variable] for setting, variable in maker.defaults.items() if environ.get(variable)
    }
    secrets: frozenset[str] = frozenset()
    unresolved: set[str] = set()
    for setting, value in worker.settings.items():
        if setting not in maker.settings:
            detail = did_you_mean(setting, maker.settings)
            problem(
                "unknown_setting", setting, f'the processor {maker.name} has no setting "{setting}"', detail
            )
            continue
        resolved = resolve(value, environ)
        values[setting] = resolved.value
        secrets |= resolved.secrets
        for said in resolved.problems:
            unresolved.add(setting)
            summary = f'The setting "{setting}" of the worker "{worker.name}": {said}'
            problem("unresolved_reference", setting, summary, "Set the variable, or write the value itself.")
    settings = Settings(worker=worker.name, values=values, secrets=secrets)
    for said in maker.check(settings):
        setting = said.partition(" ")[0].rstrip(":")
        if setting not in unresolved:
            code = "missing_setting" if said.startswith(f"{setting} is missing") else "wrong_setting"
            detail = maker.settings.get(setting, "")
            problem(code, setting, f'The worker "{worker.name}": {said}', detail)
    return settings, diagnostics


def _secrets_of(settings: Settings) -> Iterator[str]:
    """What of a worker's settings is secret: what came from the environment, and what is called so."""
    for secret in (*settings.secrets, *_called_so(settings.values)):
        yield from of_setting(secret)


def _called_so(values: Any, *, secret: bool = False) -> Iterator[str]:
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from _called_so(value, secret=secret or speaks_of_secret(str(name)))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _called_so(value, secret=secret)
    elif isinstance(values, str) and secret:
        yield values


def check_projects(workers: Workers, definitions: Mapping[str, Iterable[str]]) -> tuple[Diagnostic, ...]:
    """Whether each project has its provisioner.

    `definitions` gives the names of the provisioners in each statefile that could be read; others are passed over.
    """
    return tuple(
        _no_provisioner(worker, project, sorted(names))
        for worker in workers.workers
        if worker.statefile is not None and worker.statefile in definitions
        for names in [{name.lower() for name in definitions[worker.statefile]}]
        for project in worker.projects
        if project not in names
    )


def _no_provisioner(worker: Worker, project: str, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        code="state_machine_id_mismatch",
        summary=f'{worker.statefile} has no provisioner "{project}"',
        detail=f"{did_you_mean(project, names)} Each project needs a provisioner of its own name.",
        subject=worker.project_spans.get(project, worker.span),
    )


def check_action_workers(
    workers: Workers, makers: Mapping[str, ProcessorMaker], used: Iterable[tuple[str, Span | None]]
) -> tuple[Diagnostic, ...]:
    """Whether each worker that an action names exists. `used` gives the names, and where they stand."""
    known = {worker.name for worker in workers.workers} | ({BUILTIN} & set(makers))
    return tuple(
        Diagnostic(
            code="unknown_worker",
            summary=f'There is no worker "{name}" for this action',
            detail=f"{did_you_mean(name, known)} Workers are named in workers.yaml; http is always there.",
            subject=span,
        )
        for name, span in used
        if name and name not in known
    )
