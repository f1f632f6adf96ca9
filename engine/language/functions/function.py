"""What a function is: a name, typed parameters, one line of documentation and a pure implementation."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.frozen import frozen
from engine.language.meter import Meter
from engine.language.values import UnfitError, kind, number, text, truth


@frozen
class Parameter:
    """One parameter."""

    #: Its name, for documentation and error messages.
    name: str
    #: ``string``, ``number``, ``bool``, ``list``, ``object``, ``collection`` (list or object), ``any``, or
    #: a string that spells something: ``pattern`` (a regular expression), ``timestamp``, ``duration`` or ``format`` (of a
    #: date).
    kind: str
    #: Null is taken, too.
    nullable: bool = False
    #: May be left out.
    optional: bool = False


@frozen
class Function:
    """One function of the language."""

    #: The name in an expression.
    name: str
    #: How it is written: ``replace(text: string, old: string, new: string)``.
    signature: str
    #: One sentence on what it returns.
    doc: str
    #: Its parameters, those that may be left out last.
    parameters: tuple[Parameter, ...]
    #: What takes any number of further arguments.
    variadic: Parameter | None
    #: Takes a `Meter` and the converted values; of a lazy function: functions that evaluate each argument.
    implementation: Callable[..., Any]
    #: Arguments are evaluated only when the implementation asks.
    lazy: bool = False
    #: The type of what it gives, for any arguments: `engine.language.types.named`.
    returns: str = "any"

    @property
    def fewest(self) -> int:
        """How many arguments there must be."""
        return sum(not p.optional for p in self.parameters)

    @property
    def most(self) -> int | None:
        """How many arguments there may be; None without limit."""
        return None if self.variadic is not None else len(self.parameters)

    def arity_problem(self, count: int) -> str | None:
        """What is wrong with that many arguments, or None."""
        if count < self.fewest:
            return f"{self.name} needs {'at least ' if self.most != self.fewest else ''}{_arguments(self.fewest)}, not {count}"
        if self.most is not None and count > self.most:
            return f"{self.name} takes {'at most ' if self.most != self.fewest else ''}{_arguments(self.most)}, not {count}"
        return None

    def call(self, values: list[Any], meter: Meter) -> Any:
        """Convert the arguments and apply the implementation; raises `UnfitError`."""
        problem = self.arity_problem(len(values))
        if problem is not None:
            raise UnfitError(problem)
        meter.step()
        try:
            for i, value in enumerate(values):
                meter.read(value)
                try:
                    values[i] = converted(value, self.parameter(i))
                except UnfitError as error:
                    raise UnfitError(error.message, i) from None
            return self.implementation(meter, *values)
        except UnfitError as error:
            at = error.argument
            if at is None:
                raise UnfitError(f"{self.name}: {error.message}") from None
            raise UnfitError(
                f'The argument "{self.parameter(at).name}" of {self.name} {error.message}', at
            ) from None

    def parameter(self, position: int) -> Parameter:
        """What takes the argument at that position."""
        parameter = self.parameters[position] if position < len(self.parameters) else self.variadic
        assert parameter is not None  # noqa: S101 - arity_problem has refused more arguments
        return parameter


def _arguments(count: int) -> str:
    return f"{count} argument" if count == 1 else f"{count} arguments"


def converted(value: Any, parameter: Parameter) -> Any:
    """What a function gets for an argument; raises `UnfitError`."""
    if parameter.kind == "any":
        return value
    if value is None:
        if parameter.nullable:
            return None
        raise UnfitError("is null")
    return _CONVERTERS[parameter.kind](value)


def _bool(value: Any) -> bool:
    found = truth(value)
    if found is None:
        raise UnfitError(f"is {kind(value)}, not a bool")
    return found


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, tuple):
        return list(value)
    raise UnfitError(f"is {kind(value)}, not a list")


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise UnfitError(f"is {kind(value)}, not an object")


def _collection(value: Any) -> Any:
    if isinstance(value, (list, tuple, Mapping)):
        return value
    raise UnfitError(f"is {kind(value)}, not a list or an object")


def _pattern(value: Any) -> str:
    from engine.language.functions.compiled_patterns import check_pattern

    pattern = text(value)
    check_pattern(pattern)
    return pattern


def _timestamp(value: Any) -> Any:
    from engine.language.functions.times import moment

    return moment(text(value))


def _duration(value: Any) -> int:
    from engine.language.functions.times import duration

    return duration(text(value))


def _format(value: Any) -> Any:
    from engine.language.functions.times import date_format

    return date_format(text(value))


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "string": text,
    "number": number,
    "bool": _bool,
    "list": _list,
    "object": _object,
    "collection": _collection,
    "pattern": _pattern,
    "timestamp": _timestamp,
    "duration": _duration,
    "format": _format,
}
#: The kinds of values that can be converted to each kind of parameter; one that is not here takes any.
ACCEPTED: Mapping[str, frozenset[str]] = {
    "string": frozenset(("string", "number", "bool")),
    "number": frozenset(("string", "number")),
    "bool": frozenset(("string", "bool")),
    "list": frozenset(("list",)),
    "object": frozenset(("object",)),
    "collection": frozenset(("list", "object")),
    "pattern": frozenset(("string", "number", "bool")),
    "timestamp": frozenset(("string", "number")),
    "duration": frozenset(("string", "number")),
    "format": frozenset(("string", "number", "bool")),
}


def function(
    signature: str, doc: str, implementation: Callable[..., Any], *, returns: str = "any", lazy: bool = False
) -> Function:
    """Make a function from how it is written: ``name(a: string, b: number?, c: any = ..., rest: list...)``.

    ``?`` after a kind lets null in, ``=`` makes a parameter optional, ``...`` makes the last one variadic. `returns` is
    the type of every value that it can give; without it nothing is known of them.
    """
    name, _, rest = signature.partition("(")
    fixed: list[Parameter] = []
    variadic: Parameter | None = None
    for written in filter(None, rest.removesuffix(")").split(", ")):
        label, _, described = written.partition(": ")
        described, optional, _ = described.partition(" =")
        many = described.endswith("...")
        described = described.removesuffix("...")
        parameter = Parameter(
            name=label,
            kind=described.removesuffix("?"),
            nullable=described.endswith("?"),
            optional=bool(optional),
        )
        if many:
            variadic = parameter
        else:
            fixed.append(parameter)
    return Function(
        name=name,
        signature=signature,
        doc=doc,
        parameters=tuple(fixed),
        variadic=variadic,
        implementation=implementation,
        lazy=lazy,
        returns=returns,
    )
