"""What no evaluation can afford is known before anything runs, and what it can just afford is not called so."""

import pytest

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.infer import infer
from engine.language.syntax import Expression
from engine.language.types import ANY

HUGE = "setproduct(range(1000), range(1000), range(1000))"


def expression(text: str) -> Expression:
    tree = parse(f"x = {text}\n", "x.hcl").tree
    assert tree is not None
    return tree.attributes[0].value


@pytest.mark.parametrize(
    "text",
    [
        HUGE,
        f"length({HUGE}) > 1",
        f"try({HUGE}, 1)",
        f"can({HUGE})",
        f"try({HUGE}, event.x)",
        f"[event.x, {HUGE}]",
        "[for a in range(1100) : [for b in range(1100) : a]]",
        "[for a in range(1100) : [for b in range(1100) : a]] == event.x",
        'join("", [for a in range(1100) : join("", [for b in range(1100) : "x"])])',
    ],
)
def test_what_is_stopped_whatever_comes_in(text: str) -> None:
    node = expression(text)
    (problem,) = infer(node, {"event": ANY}).problems
    assert problem.code == "evaluation_too_large"
    with pytest.raises(EvaluationError) as caught:
        compile_expression(node).evaluate({"event": {"x": 1}})
    assert caught.value.diagnostic.summary == problem.summary


@pytest.mark.parametrize(
    "text",
    [
        "length([for a in range(300) : [for b in range(300) : a]])",
        f"try(event.x, {HUGE})",
        f"event.x == 2 && length({HUGE}) > 1",
        f"[for x in event.xs : {HUGE}]",
    ],
)
def test_what_may_be_afforded_or_may_not_be_asked_for(text: str) -> None:
    assert infer(expression(text), {"event": ANY}).problems == ()
    assert compile_expression(expression(text)).evaluate({"event": {"x": False, "xs": []}}) is not None
