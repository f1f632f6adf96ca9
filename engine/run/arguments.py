"""What actions and requests give to processors, held against what those say they take."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Self

from engine.config.workers import Workers
from engine.diagnostics import Diagnostic, Span
from engine.language.source import Place
from engine.language.suggest import did_you_mean
from engine.language.types import NULL, OBJECT, UNKNOWN, Type, joined, named
from engine.machine.check_types import type_problems
from engine.machine.definition import Definition, Machine, Provisioner
from engine.machine.expression import Expression, Names
from engine.machine.readable import Call, Readable
from engine.machine.reporting import settled
from engine.machine.scope_types import context_type, with_locals
from engine.processors.processor import Argument, ProcessorMaker, Settings, TakesArguments
from engine.run.hub import BUILTIN, maker_of, settings_of


def check_arguments(
    definitions: Iterable[Definition],
    workers: Workers | None,
    makers: Mapping[str, ProcessorMaker],
    environ: Mapping[str, str],
    broken: Iterable[Readable] = (),
) -> tuple[Diagnostic, ...]:
    """Arguments that a processor does not take, that it cannot use whatever comes in, and that it lacks.

    Of provisioners that are `broken` what could be read is checked. A worker that is not known is passed over, and so is
    a processor that does not say what it takes.
    """
    known = _Workers(workers, makers, environ)
    checks = [_Check.of_machine(p, known) for d in definitions for p in d.provisioners.values()]
    checks += [_Check(each.name, each.calls, each.names, OBJECT, known) for each in broken]
    return tuple(dict.fromkeys(problem for check in checks for problem in check.problems()))


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

    def __init__(
        self, project: str, calls: Iterable[Call], names: Names, remembered: Type, workers: _Workers
    ) -> None:
        self._project = project
        self._calls = calls
        self._names = names
        self._remembered = remembered
        self._workers = workers

    @classmethod
    def of_machine(cls, provisioner: Provisioner, workers: _Workers) -> Self:
        """The check of a provisioner that has no error."""
        machine = provisioner.machine
        return cls(provisioner.name, tuple(_calls(machine)), machine.names, context_type(machine), workers)

    @cached_property
    def _types(self) -> Mapping[str, Type]:
        return with_locals(self._names, {"context": self._remembered})

    def problems(self) -> Iterator[Diagnostic]:
        """Everything that is wrong for certain."""
        for call in self._calls:
            named = call.worker is not None
            taker = (
                self._workers.serving(self._project)
                if call.worker is None
                else self._workers.named(call.worker)
            )
            if taker is not None and taker.transitions_only and named:
                yield Diagnostic(
                    code="worker_without_actions",
                    summary=f'The worker "{taker.worker}" makes transition calls only, and no action',
                    detail="Put what belongs to the transition into its request block, or name another worker.",
                    subject=call.span,
                )
            elif taker is not None and call.whole and (named or call.arguments):
                what = "The request" if call.action is None else f'The action "{call.action}"'
                yield from self._check(what, taker, call)

    def _check(self, what: str, taker: _Taker, call: Call) -> Iterator[Diagnostic]:
        what = f'{what} through the worker "{taker.worker}"'
        given = call.arguments
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
                    subject=call.places[name],
                )
            elif expression is not None and (why := self._misfit(name, argument, expression, taker)):
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
                    subject=call.span,
                )
            for other in argument.excludes:
                if self._surely(name, given) and self._surely(other, given):
                    yield Diagnostic(
                        code="wrong_argument",
                        summary=f"{what} takes {name} or {other}, not both",
                        detail="Remove one of them.",
                        subject=call.places[name],
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

    def _has(self, name: str, given: Mapping[str, Expression | None], taker: _Taker) -> bool:
        """Whether an argument may have a value, here or by the settings."""
        if taker.settings.values.get(name) not in (None, ""):
            return True
        if name not in given:
            return False
        expression = given[name]
        return expression is None or self._type(expression).value not in (None, "")

    def _surely(self, name: str, given: Mapping[str, Expression | None]) -> bool:
        """Whether an argument has a value, whatever comes in."""
        expression = given.get(name)
        return expression is not None and not NULL.kinds & self._type(expression).kinds

    def _type(self, expression: Expression) -> Type:
        return type_problems(expression.node, self._types)[1]


def _calls(machine: Machine) -> Iterator[Call]:
    """What a machine's actions and requests give."""
    for action in machine.actions():
        yield _call(action.name, action.worker, action.arguments, action.span)
    for transition in machine.transitions:
        if transition.request:
            yield _call(None, None, transition.request, transition.span)


def _call(name: str | None, worker: str | None, given: Mapping[str, Expression], span: Span) -> Call:
    places = {name: _name_of(name, expression) for name, expression in given.items()}
    return Call(action=name, worker=worker, arguments=given, places=places, span=span, block=span)


def _name_of(name: str, expression: Expression) -> Span:
    """Where the name of an argument stands: before the value and its sign of equality."""
    span = expression.node.span
    if isinstance(span, Place):
        before = span.source.text[: span.first].rstrip().removesuffix("=").rstrip()
        if before.endswith(name):
            return Place(span.source, len(before) - len(name), len(before)).settled()
    return settled(span)
