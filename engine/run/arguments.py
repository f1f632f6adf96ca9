"""What actions and requests give to processors, held against what those say they take."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from engine.config.workers import Workers
from engine.diagnostics import Diagnostic, Span
from engine.language.source import Place
from engine.language.suggest import did_you_mean
from engine.language.types import NULL, UNKNOWN, Type, joined, named
from engine.machine.check_types import type_problems
from engine.machine.definition import Definition, Machine, Provisioner
from engine.machine.expression import Expression
from engine.machine.reporting import settled
from engine.machine.scope_types import context_type, with_locals
from engine.processors.processor import Argument, ProcessorMaker, Settings, TakesArguments
from engine.run.hub import BUILTIN, maker_of, settings_of


def check_arguments(
    definitions: Iterable[Definition],
    workers: Workers | None,
    makers: Mapping[str, ProcessorMaker],
    environ: Mapping[str, str],
) -> tuple[Diagnostic, ...]:
    """Arguments that a processor does not take, that it cannot use whatever comes in, and that it lacks.

    A worker that is not known is passed over, and so is a processor that does not say what it takes.
    """
    known = _Workers(workers, makers, environ)
    provisioners = [p for definition in definitions for p in definition.provisioners.values()]
    return tuple(dict.fromkeys(problem for p in provisioners for problem in _Check(p, known).problems()))


class _Taker:
    """A worker whose processor says what it takes."""

    def __init__(
        self, worker: str, maker: TakesArguments, settings: Settings, doubtful: frozenset[str]
    ) -> None:
        self.worker = worker
        self.arguments = maker.arguments
        self.transitions_only = getattr(maker, "transitions_only", False)
        self.settings = settings
        #: Arguments that go together with a setting of which nobody knows what it is.
        self.doubtful = doubtful


class _Workers:
    """The workers, by name and by project, each looked at once."""

    def __init__(
        self, workers: Workers | None, makers: Mapping[str, ProcessorMaker], environ: Mapping[str, str]
    ) -> None:
        self._workers = workers
        self._makers = makers
        self._environ = environ
        self._takers: dict[str, _Taker | None] = {}

    def named(self, name: str) -> _Taker | None:
        """The worker of that name; None if nothing is known of what it takes."""
        if name not in self._takers:
            self._takers[name] = self._taker(name)
        return self._takers[name]

    def serving(self, project: str) -> _Taker | None:
        """The worker that makes a project's transition calls."""
        worker = None if self._workers is None else self._workers.serving(project)
        return None if worker is None else self.named(worker.name)

    def _taker(self, name: str) -> _Taker | None:
        worker = None if self._workers is None else self._workers.named(name)
        if worker is None:
            maker = self._makers.get(name) if name == BUILTIN else None
            settings, doubtful = Settings(worker=name), frozenset[str]()
        else:
            maker = maker_of(worker, self._makers)
            if maker is None:
                return None
            settings, problems = settings_of(worker, maker, self._environ)
            doubtful = frozenset((*worker.settings, *maker.defaults) if problems else ())
        says: object = maker
        return _Taker(name, says, settings, doubtful) if isinstance(says, TakesArguments) else None


class _Check:
    """Checks what one provisioner's machine gives."""

    def __init__(self, provisioner: Provisioner, workers: _Workers) -> None:
        self._project = provisioner.name
        self._machine: Machine = provisioner.machine
        self._workers = workers

    @cached_property
    def _types(self) -> Mapping[str, Type]:
        return with_locals(self._machine.names, {"context": context_type(self._machine)})

    def problems(self) -> Iterator[Diagnostic]:
        """Everything that is wrong for certain."""
        for action in self._machine.actions():
            taker = self._workers.named(action.worker)
            if taker is not None and taker.transitions_only:
                yield Diagnostic(
                    code="worker_without_actions",
                    summary=f'The worker "{taker.worker}" makes transition calls only, and no action',
                    detail="Put what belongs to the transition into its request block, or name another worker.",
                    subject=action.span,
                )
            elif taker is not None:
                yield from self._check(f'The action "{action.name}"', taker, action.arguments, action.span)
        taker = self._workers.serving(self._project)
        for transition in self._machine.transitions if taker is not None else ():
            if taker is not None and transition.request:
                yield from self._check("The request", taker, transition.request, transition.span)

    def _check(
        self, what: str, taker: _Taker, given: Mapping[str, Expression], place: Span
    ) -> Iterator[Diagnostic]:
        what = f'{what} through the worker "{taker.worker}"'
        misspelled = set()
        for name, expression in given.items():
            argument = taker.arguments.get(name)
            if argument is None:
                advice = did_you_mean(name, taker.arguments)
                misspelled |= {known for known in taker.arguments if f'"{known}"' in advice}
                yield Diagnostic(
                    code="unknown_argument",
                    summary=f'{what} takes no argument "{name}"',
                    detail=advice or f"It takes {', '.join(taker.arguments)}.",
                    subject=_name_of(name, expression),
                )
            elif why := self._misfit(name, argument, expression, taker):
                yield Diagnostic(
                    code="wrong_argument",
                    summary=f"{what}: {why}",
                    detail=f"{name}: {argument.purpose}",
                    subject=settled(expression.node.span),
                )
        for name, argument in taker.arguments.items():
            missing = argument.required and not self._has(name, given, taker)
            if missing and name not in misspelled | taker.doubtful:
                yield Diagnostic(
                    code="missing_argument",
                    summary=f'{what} lacks the argument "{name}"',
                    detail=f"{name}: {argument.purpose} Give it here, or in the worker's settings.",
                    subject=place,
                )
            for other in argument.excludes:
                if self._surely(name, given) and self._surely(other, given):
                    yield Diagnostic(
                        code="wrong_argument",
                        summary=f"{what} takes {name} or {other}, not both",
                        detail="Remove one of them.",
                        subject=_name_of(name, given[name]),
                    )

    def _misfit(self, name: str, argument: Argument, expression: Expression, taker: _Taker) -> str:
        """Why no value of an expression can be used; empty where one may be."""
        found = self._type(expression)
        if not found.kinds or NULL.kinds <= found.kinds:
            return ""
        wanted = joined(named(written) for written in argument.types)
        if argument.types and not found.kinds & wanted.kinds:
            return f"{name} is {found.told()}, and must be {wanted.told()}"
        if found.value is UNKNOWN or name in taker.doubtful:
            return ""
        try:
            argument.check(found.value, taker.settings.values)
        except ValueError as problem:
            return str(problem)
        return ""

    def _has(self, name: str, given: Mapping[str, Expression], taker: _Taker) -> bool:
        """Whether an argument may have a value, here or by the settings."""
        if taker.settings.values.get(name) not in (None, ""):
            return True
        return name in given and self._type(given[name]).value not in (None, "")

    def _surely(self, name: str, given: Mapping[str, Expression]) -> bool:
        """Whether an argument has a value, whatever comes in."""
        return name in given and not NULL.kinds & self._type(given[name]).kinds

    def _type(self, expression: Expression) -> Type:
        return type_problems(expression.node, self._types)[1]


def _name_of(name: str, expression: Expression) -> Span:
    """Where the name of an argument stands: before the value and its sign of equality."""
    span = expression.node.span
    if isinstance(span, Place):
        before = span.source.text[: span.first].rstrip().removesuffix("=").rstrip()
        if before.endswith(name):
            return Place(span.source, len(before) - len(name), len(before)).settled()
    return settled(span)
