"""`templatestring`: a template that comes as a value is read and filled in."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any

from engine.language.failure import FailureError, Run
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.source import Place
from engine.language.values import UnfitError

_NAME = "templatestring"
_MAX_LENGTH = 16_384
#: How deep an expression in a template may go: what stands around the call may already be as deep as anything.
_MAX_DEPTH = 50
#: What it costs to read a template, whether or not it was read before.
_STEPS, _STEPS_PER_CHARACTER = 200, 4


def _templatestring(meter: Meter, template: str, variables: Mapping[str, Any]) -> str:
    if len(template) > _MAX_LENGTH:
        raise UnfitError(f"is longer than {_MAX_LENGTH:,} characters", 0)
    meter.step(_STEPS + _STEPS_PER_CHARACTER * len(template))
    run, roots = _read(template)
    missing = sorted(roots - variables.keys())
    if missing:
        raise UnfitError(f'uses "{missing[0]}", which the variables do not have', 0)
    try:
        made: str = run(variables, meter)
    except FailureError as failure:
        line = failure.node.span.line - 1 if isinstance(failure.node.span, Place) else 1
        raise UnfitError(f"cannot be filled in, line {line}: {failure.summary}", 0) from None
    return made


@lru_cache(maxsize=32)
def _read(template: str) -> tuple[Run, frozenset[str]]:
    """What fills a template in, and the names that it uses."""
    # An expression calls functions, and this one makes an expression: somewhere the circle has to be open.
    from engine.language import syntax
    from engine.language.depth import too_deep
    from engine.language.expressions import Compiler
    from engine.language.functions import STANDARD
    from engine.language.names import check_names, roots_of
    from engine.language.parse import parse

    marker = next(name for name in (f"END{n}" for n in count()) if name not in template)
    result = parse(f"t = <<{marker}\n{template}\n{marker}\n", "template")
    for problem in result.told:
        line = problem.subject.line - 1 if problem.subject is not None else 1
        raise UnfitError(f"is no template, line {line}: {problem.summary}", 0)
    assert result.tree is not None  # noqa: S101 - else there is a diagnostic
    node = result.tree.attributes[0].value
    # The line break before the marker belongs to the heredoc, unless a strip marker has already eaten it.
    if isinstance(node, syntax.Literal):
        node = replace(node, value=node.value[:-1])
    elif isinstance(node, syntax.Template) and isinstance(node.parts[-1], syntax.Literal):
        last = replace(node.parts[-1], value=node.parts[-1].value[:-1])
        node = replace(node, parts=(*node.parts[:-1], last))
    if too_deep(node, _MAX_DEPTH):
        raise UnfitError(f"is nested more than {_MAX_DEPTH} levels deep", 0)
    functions = {name: each for name, each in STANDARD.items() if name != _NAME}
    roots = roots_of(node)
    for problem in check_names(node, roots, functions):
        raise UnfitError(f"cannot be filled in: {problem.summary}", 0)
    return Compiler(functions).compile(node), roots


TEMPLATES = (
    function(
        "templatestring(template: string, variables: object)",
        'The template filled in, for one that comes as a value: "${…}" and "%{…}" in it see these variables and nothing else.',
        _templatestring,
        returns="string",
    ),
)
