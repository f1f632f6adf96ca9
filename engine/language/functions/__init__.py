"""The functions of the language, as a table: `STANDARD` maps each name to its `Function`."""

from collections.abc import Mapping
from types import MappingProxyType

from engine.language.functions.attempts import ATTEMPTS
from engine.language.functions.function import Function, Parameter, function
from engine.language.functions.issue_keys import ISSUE_KEYS
from engine.language.functions.lists import LISTS
from engine.language.functions.numbers import NUMBERS
from engine.language.functions.patterns import PATTERNS
from engine.language.functions.sensitivity import SENSITIVITY
from engine.language.functions.strings import STRINGS
from engine.language.functions.times import TIMES

#: Every function that an expression may call.
STANDARD: Mapping[str, Function] = MappingProxyType(
    {f.name: f for f in (*STRINGS, *PATTERNS, *NUMBERS, *LISTS, *ATTEMPTS, *TIMES, *ISSUE_KEYS, *SENSITIVITY)}
)

__all__ = ["STANDARD", "Function", "Parameter", "function"]
