"""Arithmetic beside the reference: the same expressions of numbers, and whether both write the same text, digit by digit.

What its functions give has less than 512 bits there now and then (a length, what is cut off by `int`): calculations
between two such are left out here.
"""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import EvaluationError
from tests.conformance.functions import FunctionsReference, evaluated

#: What is refused here: the reference has infinite numbers, any exponent, and a limit of its own to ranges.
REFUSALS = ("divides by zero", "is too large a number", "is too close to zero", "it takes more than")
_OPERATORS = ("+", "-", "*", "/", "%", "%", "==", "!=", "<", "<=", ">", ">=")
_KNOWN = (
    "0", "1", "2", "3", "7", "10", "0.1", "0.2", "0.3", "0.5", "5.1", "11", "100", "2.50", "1e2", "12E-1", "1e150", "1e154", "1e155", "1e248", "1e249",
    "1e-248", "1e-249", "1e300", "1e399", "1e-300", "1e-399", "9007199254740993", "18446744073709551617", "340282366920938463463374607431768211457",
    f"{2**512 - 1}", f"{2**512}", f"{2**512 + 1}", f"{2**513 + 1}", f"{2**513 + 3}", f"{3 * 2**512 + 2}", "0." + "3" * 200, "0.3333333333333333",
    "123456789.125", "0.000030517578125", "9" * 160, "9" * 399, "0.1000000000000000055511151231257827",
)  # fmt: skip
_CALLS = (
    'format("%%.3f %%e %%g %%v", %s, %s, %s, %s)',
    "abs(%s)",
    "ceil(%s)",
    "floor(%s)",
    "int(%s)",
    "min(%s, %s)",
    "max(%s, %s)",
    'tonumber("%s")',
    "%s",
    'jsonencode(jsondecode("[%s]"))',
    'join(" ", range(0, abs(%s %% 7), 0.3))',
)
_SHARES = (0.6, 0.85)
_KEPT, _LONGEST_LINE = 700, 1_200


@dataclass(slots=True)
class Outcome:
    """What became of the calculations."""

    #: The expressions that both write alike, with that text.
    agreed: dict[str, str] = field(default_factory=dict)
    #: What differs and should not.
    differing: list[str] = field(default_factory=list)
    #: How many are refused here for one of `REFUSALS`.
    refused: int = 0


def expression(choose: random.Random) -> str:
    """An expression whose value is a text."""
    kind = choose.random()
    if kind < _SHARES[0]:
        made = f"{_operand(choose)} {choose.choice(_OPERATORS)} {_operand(choose)}"
    elif kind < _SHARES[1]:
        made = f"({_operand(choose)} {choose.choice('+-*/%')} {_operand(choose)}) {choose.choice(_OPERATORS)} {_operand(choose)}"
    else:
        call = choose.choice(_CALLS)
        made = call % tuple(_operand(choose) for _ in range(call.replace("%%", "").count("%s")))
    return f'"= ${{{made}}}"'


def _operand(choose: random.Random) -> str:
    kind = choose.random()
    if kind < 0.5:
        made = choose.choice(_KNOWN)
    elif kind < 0.7:
        made = str(choose.randrange(10 ** choose.randrange(1, 6)))
    elif kind < 0.85:
        made = f"{choose.randrange(1000)}.{choose.randrange(10 ** choose.randrange(1, 40))}"
    elif kind < 0.95:
        made = f"{choose.randrange(10 ** choose.randrange(1, 200))}.{choose.randrange(10 ** choose.randrange(1, 200))}e{choose.randrange(-399, 400)}"
    else:
        made = str(choose.getrandbits(choose.randrange(500, 1100)) | 1)
    return f"-{made}" if choose.random() < 0.2 else made


def ours(call: str) -> str | None:
    """What the expression is here; None where it is refused for one of `REFUSALS`."""
    try:
        return str(evaluated(call, {}))
    except EvaluationError as error:
        summary = error.diagnostic.summary
        return None if any(refusal in summary for refusal in REFUSALS) else summary


def run(reference: FunctionsReference, count: int, seed: int) -> Outcome:
    """So many expressions."""
    choose = random.Random(f"{seed} numbers")
    outcome = Outcome()
    for _ in range(count):
        call = expression(choose)
        mine = ours(call)
        if mine is None:
            outcome.refused += 1
            continue
        answer: dict[str, Any] = reference.ask(call, {})
        if mine == answer.get("value"):
            outcome.agreed[call] = mine
        else:
            outcome.differing.append(
                f"{call}: ours {mine}, theirs {answer.get('value', answer.get('error'))}"
            )
    return outcome


def record(outcome: Outcome, file: Path) -> None:
    """Keep some results of the reference, for the tests that run without it."""
    lines = [json.dumps(each) for each in outcome.agreed.items()]
    short = [line for line in lines if len(line) <= _LONGEST_LINE]
    file.write_text("\n".join(short[:_KEPT]) + "\n", encoding="utf-8")
