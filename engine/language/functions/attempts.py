"""Functions that decide what to do about a missing value. `try` and `can` evaluate their arguments themselves."""

from collections.abc import Callable
from typing import Any

from engine.errors import EvaluationError
from engine.language.failure import FailureError
from engine.language.functions.function import function
from engine.language.meter import Meter
from engine.language.unify import chosen
from engine.language.values import UnfitError


def _try(_meter: Meter, *attempts: Callable[[], Any]) -> Any:
    for attempt in attempts[:-1]:
        try:
            return attempt()
        except (FailureError, EvaluationError):
            continue
    return attempts[-1]()


def _can(_meter: Meter, attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except (FailureError, EvaluationError):
        return False
    return True


def _coalesce(meter: Meter, *values: Any) -> Any:
    for value in values:
        if value is not None and value != "":
            return chosen(value, values, meter)
    raise UnfitError("every argument is null or empty")


ATTEMPTS = (
    function(
        "try(value: any, fallbacks: any...)",
        "The first argument that can be evaluated; the last one's error if none can.",
        _try,
        lazy=True,
    ),
    function("can(value: any)", "Whether the argument can be evaluated.", _can, lazy=True, returns="bool"),
    function(
        "coalesce(value: any, others: any...)",
        "The first argument that is neither null nor empty text; a number or a bool beside a text becomes text.",
        _coalesce,
    ),
)
