"""JSON as the store writes it: one text for equal values, and no value that a definition can make is refused."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

import orjson

from engine.language.binary import BinaryFraction
from engine.model import SPARSE

# Left to orjson, a dataclass would keep the order of its fields.
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def encode(value: Any) -> str:
    """The value as JSON text: keys sorted, no spaces.

    Frozen values become objects, numbers of expressions become JSON's; an integer beyond 64 bits becomes a float, as any reader of
    JSON may take it. Encoding what `decode` gave yields the same text again.
    """
    try:
        return orjson.dumps(value, default=_simpler, option=_OPTIONS).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_plain(value), option=_OPTIONS).decode()


def decode(text: str | bytes) -> Any:
    """The JSON values of a text that `encode` wrote."""
    return orjson.loads(text)


def settled(value: Any) -> Any:
    """The value as it will be read back."""
    return decode(encode(value))


def written(value: Any) -> orjson.Fragment:
    """The value as text that `encode` takes as it is, alone or inside another value: written once, stored and hashed."""
    return as_text(encode(value))


def as_text(text: str) -> orjson.Fragment:
    """What `encode` gave, for `encode` to take as it is."""
    return orjson.Fragment(text)


def _simpler(value: Any) -> Any:
    """One step towards JSON for what orjson does not know."""
    if isinstance(value, BinaryFraction):
        return _number(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _members(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} has no place in JSON")


def _plain(value: Any) -> Any:
    """The whole value in JSON's own types, for what orjson refuses: long integers, odd keys, broken surrogates."""
    if value is None or isinstance(value, bool | float | datetime | orjson.Fragment):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int | BinaryFraction):
        return _number(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(member) for name, member in _members(value).items()}
    if isinstance(value, Mapping):
        return {_key(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    raise TypeError(f"a {type(value).__name__} has no place in JSON")


def _members(value: Any) -> dict[str, Any]:
    """The members of a frozen value, without the empty ones that are marked `SPARSE`."""
    return {
        name: member
        for name, sparse in _fields(type(value))  # type: ignore[arg-type]
        if (member := getattr(value, name)) or not sparse
    }


@cache
def _fields(kind: Any) -> tuple[tuple[str, bool], ...]:
    return tuple((f.name, f.metadata == SPARSE) for f in fields(kind))


def _key(key: Any) -> str:
    plain = _plain(key)
    return plain if isinstance(plain, str) else encode(plain)


def _number(value: int | BinaryFraction) -> int | float:
    if isinstance(value, BinaryFraction):
        return float(value) if value else 0
    if _SMALLEST <= value <= _LARGEST:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
