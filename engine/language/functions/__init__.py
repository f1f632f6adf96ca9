"""The functions of the language, as a table: `STANDARD` maps each name to its `Function`."""

from collections.abc import Mapping
from types import MappingProxyType

from engine.language.functions.attempts import ATTEMPTS
from engine.language.functions.conversions import CONVERSIONS
from engine.language.functions.encodings import ENCODINGS
from engine.language.functions.formatting import FORMATTING
from engine.language.functions.function import Function, Parameter, function
from engine.language.functions.issue_keys import ISSUE_KEYS
from engine.language.functions.lists import LISTS
from engine.language.functions.numbers import NUMBERS
from engine.language.functions.paths import PATHS
from engine.language.functions.patterns import PATTERNS
from engine.language.functions.sets import SETS
from engine.language.functions.strings import STRINGS
from engine.language.functions.templates import TEMPLATES
from engine.language.functions.times import TIMES

#: The functions by what they are about, under the headings of the reference.
GROUPS: Mapping[str, tuple[Function, ...]] = MappingProxyType(
    {
        "Text": (*STRINGS, *FORMATTING, *TEMPLATES),
        "Patterns": PATTERNS,
        "Numbers": NUMBERS,
        "Lists and objects": LISTS,
        "Sets": SETS,
        "Conversions": CONVERSIONS,
        "Encodings and digests": ENCODINGS,
        "What may fail": ATTEMPTS,
        "Time": TIMES,
        "Paths": PATHS,
        "Issues": ISSUE_KEYS,
    }
)
#: Every function that an expression may call.
STANDARD: Mapping[str, Function] = MappingProxyType({f.name: f for group in GROUPS.values() for f in group})

__all__ = ["GROUPS", "STANDARD", "Function", "Parameter", "function"]
