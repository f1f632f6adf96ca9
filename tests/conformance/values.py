"""Whether conditionals have the type, and numbers the digits, that the reference gives them, on generated expressions."""

import json
import random
from typing import Any

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.expressions import compile_expression
from engine.language.meter import Meter
from engine.language.values import encode
from tests.conformance.parity import Tally
from tests.conformance.reference import Reference

#: None that fails: the reference gives a side that failed for that reason a type all the same.
_CONDITIONS = ("true", "false", '"true"', '"0"', "1 < 2")
_SCALARS = ("null", "1", "2.5", "true", "false", '"a"', '"1"', '""')
#: In another conditional: without null, which has a type there that came of one, and without what cannot be unified.
_NESTED = ("1", "2.5", '"a"', '"1"')
_NUMBERS = (
    "1",
    "3",
    "7",
    "0.5",
    "1e50",
    "1e150",
    "123456789.125",
    "0.000030517578125",
    "9.75e100",
    "0.1",
    "5.1",
    "1e-200",
)


def compare_values(reference: Reference, tally: Tally, count: int, seed: int) -> None:
    """Evaluate generated expressions here and there; `reference` answers with values."""
    choose = random.Random(seed)
    for number in range(count):
        source = _conditional(choose) if number % 4 else _number(choose)
        theirs = reference.value(f"x = {source}\n".encode())
        ours = value_of(source)
        tally.counts["evaluated"] += 1
        if not same(ours, theirs):
            tally.differs("evaluated differently", source, f"{ours} here, {theirs} there", source.encode())


def value_of(source: str) -> str:
    """The value as JSON; empty if there is none."""
    result = parse(f"x = {source}\n", "generated.hcl")
    if result.tree is None or result.diagnostics:
        return ""
    try:
        return encode(compile_expression(result.tree.attributes[0].value).evaluate({}), Meter())
    except EvaluationError:
        return ""


def _conditional(choose: random.Random) -> str:
    left, right = _value(choose, 3), _value(choose, 3)
    if choose.random() < 0.5:
        right = _like(choose, left)
    return f"{choose.choice(_CONDITIONS)} ? {_written(left)} : {_written(right)}"


def _value(choose: random.Random, deep: int) -> Any:
    form = choose.choice(("scalar", "list", "object", "conditional")) if deep else "scalar"
    if form == "list":
        return [_value(choose, deep - 1) for _ in range(choose.randrange(4))]
    if form == "object":
        return {name: _value(choose, deep - 1) for name in "abc" if choose.random() < 0.6}
    if form == "conditional":
        return f"{choose.choice(_CONDITIONS)} ? {choose.choice(_NESTED)} : {choose.choice(_NESTED)}"
    return choose.choice(_SCALARS)


def _like(choose: random.Random, value: Any) -> Any:
    """A value of the same form, with other scalars in it."""
    if isinstance(value, list):
        return [_like(choose, item) for item in value]
    if isinstance(value, dict):
        return {name: _like(choose, item) for name, item in value.items()}
    return choose.choice(_SCALARS)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_written(item)}" for name, item in value.items()) + "}"
    return f"({value})"


def _number(choose: random.Random) -> str:
    pattern = choose.choice(('"n${%s / %s}"', "jsonencode([%s * %s])", '"n${%s - %s}"'))
    return pattern % (choose.choice(_NUMBERS), choose.choice(_NUMBERS))


def same(ours: str, theirs: str) -> bool:
    """Whether two values as JSON are one."""
    return ours == theirs or (bool(ours and theirs) and json.loads(ours) == json.loads(theirs))
