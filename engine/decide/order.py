"""Which of two events is older, by the values of `ordered_by`. Pure."""

import json
import re
from datetime import UTC, datetime
from typing import Any

_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)


def is_older(this: str, last: str) -> bool:
    """Whether the first value, as canonical JSON, is older than the second: times, numbers or texts.

    Times compare as moments, whatever their zone. Values of different kinds have no order: neither is older.
    """
    a, b = json.loads(this), json.loads(last)
    if isinstance(a, str) and isinstance(b, str):
        x, y = _moment(a), _moment(b)
        return a < b if x is None or y is None else x < y
    if isinstance(a, str) or isinstance(b, str):
        return False
    return bool(a < b)


def _moment(text: Any) -> datetime | None:
    if not _DATED.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
