"""The names in an expression: which roots it uses, and whether they, its functions and their arguments exist."""

from collections.abc import Collection, Iterator, Mapping

from engine.diagnostics import Diagnostic
from engine.language import syntax
from engine.language.depth import children
from engine.language.failure import wording
from engine.language.functions import STANDARD
from engine.language.functions.function import Function
from engine.language.source import Place
from engine.language.suggest import did_you_mean

#: Without any name that there is in another place.
NOWHERE: Mapping[str, str] = {}


def roots_of(node: syntax.Expression) -> frozenset[str]:
    """The root names that an expression uses, without those that a `for` in it binds."""
    return frozenset(
        found.name
        for found, bound in _walk(node, frozenset())
        if isinstance(found, syntax.Variable) and found.name not in bound
    )


def check_names(
    node: syntax.Expression,
    roots: Collection[str],
    functions: Mapping[str, Function] = STANDARD,
    elsewhere: Mapping[str, str] = NOWHERE,
) -> tuple[Diagnostic, ...]:
    """Unknown root names, unknown functions and wrong numbers of arguments.

    ``roots`` may also map each name to the attributes it has (None: any); then the first attribute is checked, too.
    ``elsewhere`` says of names that there are in other places why they are not here.
    """
    attributes = roots if isinstance(roots, Mapping) else {}
    problems = []
    for found, bound in _walk(node, frozenset()):
        problem = None
        if isinstance(found, syntax.Variable) and found.name not in bound and found.name not in roots:
            problem = _unknown_root(found, {*roots, *bound}, elsewhere)
        elif isinstance(found, syntax.Call):
            problem = _call_problem(found, functions)
        elif isinstance(found, syntax.GetAttribute) and isinstance(found.target, syntax.Variable):
            known = attributes.get(found.target.name) if found.target.name not in bound else None
            if known is not None and found.name not in known:
                problem = _diagnostic(
                    found,
                    "unknown_attribute",
                    f'{found.target.name} has no attribute "{found.name}"',
                    did_you_mean(found.name, known) or f"It has {', '.join(sorted(known))}.",
                )
        if problem is not None:
            problems.append(problem)
    return tuple(problems)


def traversals_of(node: syntax.Node) -> list[syntax.Expression]:
    """The references in an expression that its surroundings do not change, each written reference once."""
    found: dict[str, syntax.Expression] = {}
    waiting: list[syntax.Node] = [node]
    while waiting:
        at = waiting.pop()
        if _is_reference(at):
            assert isinstance(at, syntax.Expression)  # noqa: S101 - references are
            found.setdefault(wording(at, 200), at)
        else:
            waiting.extend(reversed(children(at)))
    return list(found.values())


def _is_reference(node: syntax.Node) -> bool:
    while isinstance(node, (syntax.GetAttribute, syntax.Index)):
        if isinstance(node, syntax.Index) and not isinstance(node.key, syntax.Literal):
            return False
        node = node.target
    return isinstance(node, syntax.Variable)


def _walk(node: syntax.Node, bound: frozenset[str]) -> Iterator[tuple[syntax.Node, frozenset[str]]]:
    """Every node with the names that are bound where it stands, in the order of the text."""
    yield node, bound
    if isinstance(node, (syntax.For, syntax.TemplateFor)):
        yield from _walk(node.collection, bound)
        inner = bound | {node.value} | ({node.key} if node.key is not None else set())
        for child in children(node)[1:]:
            yield from _walk(child, inner)
    else:
        for child in children(node):
            yield from _walk(child, bound)


def _unknown_root(node: syntax.Variable, known: Collection[str], elsewhere: Mapping[str, str]) -> Diagnostic:
    from engine.language.habits import meant_value  # only a mistake needs it

    listed = f"The names here are {', '.join(sorted(known))}." if known else "No names are known here."
    if node.name in elsewhere:
        return _diagnostic(
            node, "unknown_name", f'"{node.name}" has no value here', f"{elsewhere[node.name]} {listed}"
        )
    advice = (
        meant_value(node.name)
        or did_you_mean(node.name, known)
        or f'If you meant the text, write "{node.name}" in quotes. {listed}'
    )
    return _diagnostic(node, "unknown_name", f'There is no "{node.name}" here', advice)


def _call_problem(node: syntax.Call, functions: Mapping[str, Function]) -> Diagnostic | None:
    function = functions.get(node.name)
    if function is None:
        from engine.language.functions.apart import LEFT_OUT  # only a mistake needs it
        from engine.language.habits import meant_call

        place = node.name_span
        return Diagnostic(
            code="unknown_function",
            summary=f'There is no function "{node.name}"',
            detail=LEFT_OUT.get(node.name)
            or meant_call(node.name)
            or did_you_mean(node.name, functions)
            or "`interlock explain --functions` lists those that there are, docs/reference/functions.md as well.",
            subject=place.settled() if isinstance(place, Place) else place,
        )
    count = len(node.arguments)
    problem = None
    if not node.expand:
        problem = function.arity_problem(count)
    elif function.lazy:
        problem = f'{function.name} takes no "..."'
    elif function.most is not None and count - 1 > function.most:
        problem = function.arity_problem(count - 1)
    return (
        None
        if problem is None
        else _diagnostic(node, "wrong_arguments", problem, f"It is written {function.signature}.")
    )


def _diagnostic(node: syntax.Expression, code: str, summary: str, detail: str) -> Diagnostic:
    span = node.span
    return Diagnostic(
        code=code, summary=summary, detail=detail, subject=span.settled() if isinstance(span, Place) else span
    )
