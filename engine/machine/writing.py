"""Writes values as HCL has them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.machine.values import plain

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: Names that mean something else where an object begins with them.
_RESERVED = frozenset({"for", "null", "true", "false"})


def hcl(value: Any) -> str:
    """The value as an expression on one line: read again, it is the same value."""
    return _written(plain(value))


def _written(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        items = ", ".join(f"{key(name)} = {_written(item)}" for name, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value)


def text(value: str) -> str:
    """A text in quotes."""
    quoted = json.dumps(value, ensure_ascii=False).replace("\\b", "\\u0008").replace("\\f", "\\u000c")
    return quoted.replace("${", "$${").replace("%{", "%%{")


def key(name: str) -> str:
    """A name as the key of an object: in quotes where it needs them."""
    return name if _NAME.fullmatch(name) and name not in _RESERVED else text(name)
