"""Values for the variables of definitions: a flag comes first, then the environment, then workers.yaml."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.config.conceal import without_range, without_secrets
from engine.config.references import resolve
from engine.config.suggest import did_you_mean
from engine.config.workers import Worker, Workers
from engine.diagnostics import Diagnostic, Severity, Span
from engine.machine.given import Given

#: What stands before a variable's name in the environment.
PREFIX = "INTERLOCK_VAR_"


def values_for(
    worker: Worker | None, environ: Mapping[str, str], flags: Mapping[str, str]
) -> tuple[dict[str, Given], list[Diagnostic]]:
    """The values for the definitions of a worker, and the references of workers.yaml that lead nowhere.

    A name of the environment is taken as it is and in small letters: the env file has capitals only. A reference is
    followed only where nothing else gives the value.
    """
    found = _of_environment(environ)
    found.update(
        {name: Given(value=value, origin=f"--var {name}", written=True) for name, value in flags.items()}
    )
    problems: list[Diagnostic] = []
    for name, value in ({} if worker is None else worker.variables).items():
        if worker is None or name in found:
            continue
        span = worker.variable_spans.get(name, worker.span)
        resolved = resolve(value, environ)
        problems += [_unresolved(worker.name, name, said, span) for said in resolved.problems]
        if not resolved.problems:
            written = isinstance(value, str) and resolved.value != value
            found[name] = Given(value=resolved.value, origin="workers.yaml", written=written, span=span)
    return found, problems


def _of_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    exact = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    names = {**{name.lower(): name for name in exact}, **{name: name for name in exact}}
    return {
        name: Given(value=exact[written], origin=f"{PREFIX}{written}", written=True)
        for name, written in names.items()
        if name and exact[written]
    }


def check_environment(
    environ: Mapping[str, str], declared: Iterable[Sequence[str] | None]
) -> list[Diagnostic]:
    """Whether some definition has each variable that the environment gives a value to.

    `declared` has the names of each definition's variables, None where a broken text may hide some.
    """
    known = list(declared)
    names = {name for one in known for name in one or ()}
    if None in known:
        return []
    given = sorted(name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX) and environ[name])
    return [
        Diagnostic(
            code="environment_without_variable",
            severity=Severity.WARNING,
            summary=f'No definition has a variable "{name}", which {PREFIX}{name} gives',
            detail=did_you_mean(name.lower(), names) or "It changes nothing.",
        )
        for name in given
        if name and name not in names and name.lower() not in names
    ]


def _unresolved(worker: str, name: str, said: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        code="unresolved_reference",
        summary=f'The variable "{name}" of the worker "{worker}": {said}',
        detail="Set the variable of the environment, or write the value itself.",
        subject=span,
    )


def check_declared(worker: Worker, declared: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Whether each variable that a worker gives is one of its definitions."""
    return tuple(
        Diagnostic(
            code="unknown_variable",
            summary=f'{worker.statefile} has no variable "{name}"',
            detail=f"{did_you_mean(name, declared)} Variables are declared by variable blocks.",
            subject=worker.variable_names.get(name, worker.span),
        )
        for name in worker.variables
        if name not in declared
    )


def without_values(text: str, workers: Workers) -> str:
    """The text of workers.yaml, to be shown without secrets, and without the values that it gives to variables.

    Which of them are sensitive the definitions say, and those cannot always be read. References stay as they are.
    """
    for worker in workers.workers:
        for name, span in worker.variable_spans.items():
            if not str(worker.variables.get(name)).startswith("env://"):
                text = without_range(text, span)
    return without_secrets(text)


def read_flags(given: Iterable[str]) -> dict[str, str]:
    """The values of ``--var NAME=VALUE``; the last one of a name counts. Raises ValueError for what is written otherwise."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"--var takes NAME=VALUE, not {name!r}")
        found[name.strip()] = value
    return found
