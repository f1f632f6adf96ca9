"""Reports what fails for certain in an expression, and a value that is of no use where it stands."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.diagnostics import Diagnostic
from engine.language import syntax
from engine.language.source import Place
from engine.language.types import STRING, TIMESTAMP, UNKNOWN, Type, list_of, object_of, perhaps, type_of
from engine.language.values import show, truth

#: What is the same for all machines.
FIXED: Mapping[str, Type] = {
    "delivery": object_of(dict.fromkeys(("source", "type", "id", "received_at"), perhaps(STRING))),
    "entity": object_of({"id": STRING, "project": STRING}),
    "state": STRING,
    "previous": perhaps(STRING),
    "active": list_of(STRING),
    "fired": perhaps(STRING),
    "now": TIMESTAMP,
}


class _Wanted(NamedTuple):
    """What an attribute takes."""

    kinds: frozenset[str]
    #: What it must be, in words.
    words: str
    #: What to do.
    advice: str
    #: Whether a value of these kinds will do.
    fits: Callable[[Any], bool] = lambda _: True
    #: Its reader looks at a value that depends on nothing.
    looked_at: bool = False


_BOOL = _Wanted(
    frozenset(("bool", "string")),
    "true or false",
    'Compare it with something, for instance: event.action == "closed".',
    lambda value: truth(value) is not None,
)
#: By the name of the attribute; others take anything.
WANTED: Mapping[str, _Wanted] = {
    "when": _BOOL,
    "always": _BOOL,
    "never": _BOOL,
    "delay": _Wanted(
        frozenset(("string", "number")),
        "a duration or a number of seconds",
        'Write it as in "72h", "1h30m" or "7d".',
        looked_at=True,
    ),
    "set": _Wanted(frozenset(("object",)), "an object", "Write set = { NAME = VALUE }."),
    "entity": _Wanted(
        frozenset(("string", "list", "null")),
        "a key or a list of keys",
        "Take a text, for instance: issue_keys(event.pull_request.title).",
    ),
    "fire": _Wanted(frozenset(("string",)), "the name of an event", 'Write fire = "EVENT".'),
    "ordered_by": _Wanted(
        frozenset(("string", "number", "null")), "a time or a number", "Take a field such as updated_at."
    ),
    "from": _Wanted(
        frozenset(("string", "list")),
        "a name or a list of names",
        'Write from = ["NAME", "NAME"].',
        looked_at=True,
    ),
}


def unwanted(attribute: str, node: syntax.Expression, found: Type) -> Diagnostic | None:
    """What is wrong with an attribute whose value is of a type; None if some value of the type will do."""
    wanted = WANTED.get(attribute)
    if wanted is None or not found.kinds:
        return None
    if found.value is UNKNOWN:
        if found.kinds & wanted.kinds:
            return None
        told = found.told()
    elif wanted.looked_at:
        return None
    else:
        if type_of(found.value).kinds <= wanted.kinds and wanted.fits(found.value):
            return None
        told = show(found.value)
    span = node.span
    return Diagnostic(
        code="wrong_type",
        summary=f'"{attribute}" is {told}, and must be {wanted.words}',
        detail=wanted.advice,
        subject=span.settled() if isinstance(span, Place) else span,
    )


def type_problems(
    node: syntax.Expression, names: Mapping[str, Type], attribute: str = ""
) -> tuple[list[Diagnostic], Type]:
    """What is wrong with an expression that stands for an attribute, and what it gives."""
    if isinstance(node, syntax.Literal):
        problems: list[Diagnostic] = []
        doubts: tuple[Diagnostic, ...] = ()
        found = type_of(node.value)
    else:
        from engine.language.infer import infer

        inferred = infer(node, names)
        problems, found, doubts = list(inferred.problems), inferred.type, inferred.doubts
    problem = None if problems else unwanted(attribute, node, found)
    return [*problems, *([] if problem is None else [problem]), *doubts], found


def typed_locals(
    locals_: Mapping[str, syntax.Expression], given: Mapping[str, Type]
) -> tuple[list[Diagnostic], Mapping[str, Type]]:
    """What is wrong with locals, each of which stands after those that it needs, and the types of all names then."""
    problems: list[Diagnostic] = []
    made: dict[str, Type] = {}
    names = {**given, "local": object_of(made, more=True)}
    for name, node in locals_.items():
        found, made[name] = type_problems(node, names)
        problems += found
    return problems, names
