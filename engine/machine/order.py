"""Which of two events is older, by the values of `ordered_by`. Pure."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from engine.language.values import parse_number

_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)


def is_older(this: str, last: str) -> bool:
    """Whether the first value, as canonical JSON, is older than the second: times, numbers or texts.

    Times compare as moments, whatever their zone, and texts that both spell numbers as these; other texts by their
    characters. A number and a text have no order: neither is older.
    """
    a, b = json.loads(this), json.loads(last)
    if isinstance(a, str) and isinstance(b, str):
        return _is_older_text(a, b)
    if isinstance(a, str) or isinstance(b, str):
        return False
    return bool(a < b)


def _is_older_text(a: str, b: str) -> bool:
    moments = _moment(a), _moment(b)
    if moments[0] is not None and moments[1] is not None:
        return moments[0] < moments[1]
    numbers = parse_number(a), parse_number(b)
    if numbers[0] is not None and numbers[1] is not None:
        return bool(numbers[0] < numbers[1])
    return a < b


def _moment(text: Any) -> datetime | None:
    if not _DATED.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
