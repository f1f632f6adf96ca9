"""Every function beside HCL's own library: the same calls, and whether both refuse them or give the same value."""

import json
import random
import re
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import EvaluationError
from engine.language import parse
from engine.language.binary import BinaryFraction, Number
from engine.language.expressions import Compiled, compile_expression
from engine.language.functions import STANDARD
from engine.language.functions.apart import DIFFERENCES
from engine.language.meter import Meter
from engine.language.spelling import number_of
from engine.language.values import UnfitError, encode, number, text
from tests.conformance.arguments import CALLS, spoiled

#: What the reference has nothing like: a tool's own functions, which are tested by themselves.
OWN = frozenset(
    {
        "alltrue",
        "anytrue",
        "index",
        "issue_keys",
        "matchkeys",
        "nonsensitive",
        "one",
        "sensitive",
        "sum",
        "transpose",
        "uuidv5",
    }
)
#: Where powers are rounded: how much of a number may differ.
_TOLERANCE = {"log": Fraction("4e-15"), "pow": Fraction("1e-13")}
_UNORDERED = frozenset({"setunion", "setintersection", "setsubtract", "setsymmetricdifference", "toset"})
_STRICT_TIME = re.compile(r"(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_REFUSED = object()
_SPOILED = 0.15
#: The reference compares a null without a type with nothing.
_BROKEN = frozenset({"panic", "value is not known"})
_SMALLEST = Fraction("1e-300")
_KEPT_VALUES, _KEPT_REFUSALS, _LONGEST_LINE = 14, 4, 260


@dataclass(slots=True)
class Outcome:
    """What became of the calls."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Calls on which both agree: name, arguments, and the value or `_REFUSED`.
    agreed: list[tuple[str, list[Any], Any]] = field(default_factory=list)
    #: What differs and should not.
    differing: list[str] = field(default_factory=list)


def _read(spelled: str) -> Number | None:
    """A number of any length; None if it is beyond ours."""
    digits, _, exponent = spelled.lower().lstrip("-").partition("e")
    with suppress(UnfitError):
        return number_of(digits, int(exponent or 0), negative=spelled.startswith("-"))
    return None


class FunctionsReference:
    """The reference as a process that evaluates calls."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [folder / "reference", "-functions"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, call: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The value of a call, or its error."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        written = f'{{"call": {json.dumps(call)}, "variables": {encode(variables, Meter())}}}\n'
        process.stdin.write(written.encode())
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline(), parse_float=_read, parse_int=_read)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@cache
def _compiled(call: str) -> Compiled:
    tree = parse(f"x = {call}\n", "call.hcl").tree
    assert tree is not None
    return compile_expression(tree.attributes[0].value)


def evaluated(call: str, variables: Mapping[str, Any]) -> Any:
    """The value that Interlock gives; raises `EvaluationError`."""
    return _compiled(call).evaluate(variables)


def ours(call: str, variables: Mapping[str, Any]) -> Any:
    """The value that Interlock gives, or `_REFUSED`."""
    try:
        return evaluated(call, variables)
    except EvaluationError:
        return _REFUSED


def theirs(answer: Mapping[str, Any]) -> Any:
    """The value that the reference gives, or `_REFUSED`."""
    return _REFUSED if "error" in answer else answer["value"]


def same(name: str, mine: Any, other: Any) -> bool:
    """Whether two results are the same."""
    if (
        name in _UNORDERED
        and isinstance(mine, list)
        and isinstance(other, list)
        and any(isinstance(v, (list, dict)) for v in mine)
    ):
        mine, other = (sorted(values, key=lambda v: encode(v, Meter())) for values in (mine, other))
    return _same(mine, other, _TOLERANCE.get(name))


def _same(mine: Any, other: Any, tolerance: Fraction | None) -> bool:
    if isinstance(mine, (list, tuple)) and isinstance(other, list):
        return len(mine) == len(other) and all(
            _same(a, b, tolerance) for a, b in zip(mine, other, strict=True)
        )
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        a, b = ({_normal(key): value for key, value in each.items()} for each in (mine, other))
        return a.keys() == b.keys() and all(_same(a[key], b[key], tolerance) for key in a)
    if isinstance(mine, str) and isinstance(other, str):
        return _normal(mine) == _normal(other)
    if isinstance(mine, bool) or isinstance(other, bool) or mine is None or other is None:
        return mine is other
    if isinstance(mine, (int, BinaryFraction)) and isinstance(other, (int, BinaryFraction)):
        if tolerance is None:
            return text(mine) == text(other)
        exact, given = (Fraction(*each.as_integer_ratio()) for each in (other, mine))
        return abs(given - exact) <= tolerance * abs(exact) + _SMALLEST
    return mine is other


def _normal(written: str) -> str:
    return unicodedata.normalize("NFC", written)


def _shape(value: Any) -> Any:
    """What HCL calls the type of a value, null being of any."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, BinaryFraction)):
        return "number"
    if isinstance(value, (list, tuple)):
        return ("list", *map(_shape, value))
    if isinstance(value, Mapping):
        return ("object", *((key, _shape(value[key])) for key in sorted(value)))
    return None if value is None else "string"


def _mixed(values: list[Any]) -> bool:
    """Whether HCL's library would have to make the values of one kind, or could not."""
    return len({shape for shape in map(_shape, values) if shape is not None}) > 1


def _kept(name: str, *, together: bool = True) -> Callable[[list[Any], Any, Any], bool]:
    """Ours keeps the kinds of elements: then theirs refuses them, or has what ours has for the same elements as text."""

    def excuse(arguments: list[Any], mine: Any, other: Any) -> bool:
        lists = [list(each.values()) if isinstance(each, Mapping) else each for each in arguments]
        inside = [value for each in lists if isinstance(each, list) for value in each]
        deep = any(isinstance(value, (list, Mapping)) for value in inside)
        if mine is _REFUSED or not (deep or _mixed(inside)):
            return False
        if deep or other is _REFUSED:
            return True
        written = [
            _written(each)
            if isinstance(each, Mapping) or (isinstance(each, list) and (together or _mixed(each)))
            else each
            for each in arguments
        ]
        variables = {f"a{i}": value for i, value in enumerate(written)}
        return same(name, ours(f"{name}({', '.join(variables)})", variables), other)

    return excuse


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [None if each is None else text(each) for each in value]
    return {key: None if each is None else text(each) for key, each in value.items()}


def _loose_time(at: int) -> Callable[[list[Any], Any, Any], bool]:
    def excuse(arguments: list[Any], _mine: Any, other: Any) -> bool:
        return other is _REFUSED and not all(
            _STRICT_TIME.fullmatch(str(each)) for each in arguments[at : at + 2]
        )

    return excuse


def _out_of_calendar(_arguments: list[Any], mine: Any, other: Any) -> bool:
    return mine is _REFUSED and isinstance(other, str) and not _STRICT_TIME.fullmatch(other)


def _twice(arguments: list[Any], mine: Any, _other: Any) -> bool:
    """A name that two groups of a pattern have."""
    return mine is _REFUSED and "(?P<n>a)(?P<n>b)" in arguments


def _more_than_json(arguments: list[Any], mine: Any, _other: Any) -> bool:
    """Something behind a whole value, which the reference does not look at."""
    try:
        end = json.JSONDecoder().raw_decode(arguments[0].lstrip())[1]
    except ValueError:
        return False
    return mine is _REFUSED and end < len(arguments[0].lstrip())


#: A function's name -> whether a difference is one of those that the reference page lists.
EXCUSES: dict[str, Callable[[list[Any], Any, Any], bool]] = {
    **{name: _kept(name) for name in (*sorted(_UNORDERED), "distinct", "chunklist", "tolist", "tomap")},
    "setproduct": _kept("setproduct", together=False),
    "compact": lambda a, _m, _o: any(not isinstance(value, str) for value in a[0]),
    "coalesce": lambda a, _m, _o: "" in a or any(isinstance(each, (list, Mapping)) for each in a),
    "coalescelist": lambda a, _m, o: None in a and o is _REFUSED,
    "lookup": lambda a, _m, o: o is _REFUSED and (len(a) == 2 or a[2] is None),
    "regex": _twice,
    "regexall": _twice,
    "jsondecode": _more_than_json,
    "log": lambda a, m, _o: m is _REFUSED and number(a[1]) == 0,
    "signum": lambda a, m, o: o is _REFUSED and m in (-1, 0, 1),
    "parseint": lambda a, _m, o: o is _REFUSED and not isinstance(a[0], str),
    "substr": lambda a, m, _o: m == "" and number(a[1]) < 0 and number(a[2]) == 0,
    "range": lambda a, m, o: number(a[2]) == 0 if m is _REFUSED else o is _REFUSED and len(m) > 1024,
    "templatestring": lambda a, m, _o: m is _REFUSED and "\0" in a[0],
    "formatdate": _loose_time(1),
    "timecmp": _loose_time(0),
    "timeadd": lambda a, m, o: (
        _out_of_calendar(a, m, o) or (o is _REFUSED and not _STRICT_TIME.fullmatch(str(a[0])))
    ),
}


def record(outcome: Outcome, file: Path) -> None:
    """Keep some of the calls on which both agree, for the tests that run without the reference."""
    lines: list[str] = []
    for name in CALLS:
        values: dict[str, str] = {}
        refusals: list[str] = []
        for _, arguments, mine in (each for each in outcome.agreed if each[0] == name):
            head = f'{{"function": "{name}", "arguments": {encode(arguments, Meter())}, '
            if mine is _REFUSED:
                refusals.append(head + '"refused": true}')
            else:
                written = encode(mine, Meter())
                values.setdefault(written, head + f'"value": {written}}}')
        for found, most in ((list(values.values()), _KEPT_VALUES), (refusals, _KEPT_REFUSALS)):
            lines += [line for line in found if len(line) <= _LONGEST_LINE][:most]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(reference: FunctionsReference, calls: int, seed: int) -> Outcome:
    """So many calls of each function, and those of the reference page that are said to differ."""
    outcome = Outcome()
    missing = set(STANDARD) - set(CALLS) - OWN
    outcome.differing += [f"{name} is compared with nothing" for name in sorted(missing)]
    for name, make in CALLS.items():
        random_ = random.Random(f"{seed} {name}")
        for _ in range(calls):
            arguments = make(random_)
            if random_.random() < _SPOILED:
                arguments = spoiled(arguments, random_)
            _compare(name, arguments, reference, outcome)
    for call in DIFFERENCES:
        if same("", ours(call, {}), theirs(reference.ask(call, {}))):
            outcome.differing.append(f"{call} does not differ, as the reference page says")
    return outcome


def _compare(name: str, arguments: list[Any], reference: FunctionsReference, outcome: Outcome) -> None:
    variables = {f"a{i}": value for i, value in enumerate(arguments)}
    call = f"{name}({', '.join(variables)})"
    answer = reference.ask(call, variables)
    if answer.get("error") in _BROKEN or "panic in function" in answer.get("error", ""):
        outcome.counts["the reference broke"] += 1
        return
    mine, other = ours(call, variables), theirs(answer)
    if same(name, mine, other):
        outcome.counts["refused by both" if mine is _REFUSED else "the same value"] += 1
        outcome.agreed.append((name, arguments, mine))
    elif name in EXCUSES and EXCUSES[name](arguments, mine, other):
        outcome.counts["different, as the reference page says"] += 1
    else:
        outcome.counts["different"] += 1
        shown = [("refused" if v is _REFUSED else encode(v, Meter())) for v in (mine, other)]
        outcome.differing.append(
            f"{name}({encode(arguments, Meter())[1:-1]}): ours {shown[0]}, theirs {shown[1]} {answer.get('error', '')}"
        )
