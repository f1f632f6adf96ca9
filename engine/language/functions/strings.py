"""Functions over text."""

import json
import re
from typing import Any

from engine.language.functions.function import function
from engine.language.graphemes import graphemes
from engine.language.meter import Meter
from engine.language.values import UnfitError, decode, encode, equal, number, show, text

_VERB = re.compile(r"%(?:(%)|([-+ 0#]*)([0-9]*)(?:\.([0-9]*))?([vsqdftxX])|(.?))")
_MAX_WIDTH = 1_000


def _replace(meter: Meter, value: str, old: str, new: str) -> str:
    meter.make(len(value) + value.count(old) * len(new))
    return value.replace(old, new)


def _join(meter: Meter, separator: str, parts: list[Any]) -> str:
    words = []
    for part in parts:
        try:
            word = text(part)
        except UnfitError as error:
            raise UnfitError(f"has an element that {error.message}", 1) from None
        meter.make(len(word) + len(separator))
        words.append(word)
    return separator.join(words)


def _split(meter: Meter, separator: str, value: str) -> list[str]:
    if not separator:
        meter.step(len(value))
        return list(value)
    meter.step(value.count(separator))
    return value.split(separator)


def _substr(_meter: Meter, value: str, offset: Any, length: Any) -> str:
    if not isinstance(offset, int) or not isinstance(length, int):
        raise UnfitError("must be whole numbers", 1)
    start = max(0, len(value) + offset) if offset < 0 else offset
    return value[start:] if length < 0 else value[start : start + length]


def _length(_meter: Meter, value: Any) -> int:
    if isinstance(value, str):
        return graphemes(value)
    try:
        return len(value)
    except TypeError:
        raise UnfitError("has no length: it is not a string, list or object", 0) from None


def _contains(meter: Meter, values: list[Any], value: Any) -> bool:
    return any(equal(each, value, meter) for each in values)


def _format(meter: Meter, pattern: str, *values: Any) -> str:
    remaining = list(enumerate(values, start=1))

    def one(found: re.Match[str]) -> str:
        percent, flags, width, precision, verb, wrong = found.groups()
        if percent:
            return "%"
        if wrong is not None:
            raise UnfitError(f'has the unknown verb "%{wrong}"; the verbs are %v %s %q %d %f %t %x %X', 0)
        if max(int(width or 0), int(precision or 0)) > _MAX_WIDTH or len(width) + len(precision or "") > 8:  # noqa: PLR2004
            raise UnfitError(f"asks for more than {_MAX_WIDTH} characters", 0)
        if not remaining:
            raise UnfitError("has more verbs than there are values", 0)
        position, value = remaining.pop(0)
        try:
            piece = _verb(verb, flags, precision, value, meter)
        except UnfitError as error:
            raise UnfitError(error.message, position) from None
        meter.make(len(piece) + int(width or 0))
        fill = "0" if "0" in flags and verb in "dfxX" and "-" not in flags else " "
        if fill == "0":
            return piece.zfill(int(width or 0))
        return piece.ljust(int(width or 0)) if "-" in flags else piece.rjust(int(width or 0))

    made = _VERB.sub(one, pattern)
    if remaining:
        raise UnfitError("has fewer verbs than there are values", 0)
    return made


def _verb(verb: str, flags: str, precision: str | None, value: Any, meter: Meter) -> str:
    if verb == "t":
        if not isinstance(value, bool):
            raise UnfitError("must be a bool for %t")
        return text(value)
    if verb in "dxX":
        whole = number(value)
        if not isinstance(whole, int):
            raise UnfitError(f"must be a whole number for %{verb}")
        shown = format(whole, verb)
        return f"+{shown}" if "+" in flags and whole >= 0 else shown
    if verb == "f":
        shown = format(number(value), f".{precision if precision is not None else 6}f")
        return f"+{shown}" if "+" in flags and not shown.startswith("-") else shown
    if verb == "q":
        return json.dumps(text(value), ensure_ascii=False)
    shown = text(value) if isinstance(value, (str, bool)) or verb == "s" else encode(value, meter)
    return shown if precision is None else shown[: int(precision or 0)]


def _tobool(_meter: Meter, value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise UnfitError(f'is {show(value, 30)}, neither "true" nor "false"', 0)


def _jsondecode(_meter: Meter, value: str) -> Any:
    try:
        return decode(value)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


def _jsonencode(meter: Meter, value: Any) -> str:
    try:
        return encode(value, meter)
    except UnfitError as error:
        raise UnfitError(error.message, 0) from None


STRINGS = (
    function("upper(text: string)", "The text in upper case.", lambda _, value: value.upper()),
    function("lower(text: string)", "The text in lower case.", lambda _, value: value.lower()),
    function("title(text: string)", "The text with each word's first letter in upper case.", lambda _, value: re.sub(r"\b\w", lambda m: m[0].upper(), value)),
    function("trimspace(text: string)", "The text without white space around it.", lambda _, value: value.strip()),
    function("trim(text: string, characters: string)", "The text without those characters around it.", lambda _, value, characters: value.strip(characters) if characters else value),
    function("trimprefix(text: string, prefix: string)", "The text without that beginning.", lambda _, value, prefix: value.removeprefix(prefix)),
    function("trimsuffix(text: string, suffix: string)", "The text without that end.", lambda _, value, suffix: value.removesuffix(suffix)),
    function("chomp(text: string)", "The text without line breaks at its end.", lambda _, value: value.rstrip("\r\n")),
    function("startswith(text: string, prefix: string)", "Whether the text begins so.", lambda _, value, prefix: value.startswith(prefix)),
    function("endswith(text: string, suffix: string)", "Whether the text ends so.", lambda _, value, suffix: value.endswith(suffix)),
    function("strcontains(text: string, part: string)", "Whether the part occurs in the text.", lambda _, value, part: part in value),
    function("substr(text: string, offset: number, length: number)", "A part of the text; a negative offset counts from the end, a negative length means the rest.", _substr),
    function("replace(text: string, old: string, new: string)", "The text with each occurrence replaced; for patterns there is regexreplace.", _replace),
    function("split(separator: string, text: string)", "The list of parts between the separators.", _split),
    function("join(separator: string, parts: list)", "The elements as one text, with the separator between them.", _join),
    function("format(pattern: string, values: any...)", 'Text made from a pattern: format("%s has %d", name, count).', _format),
    function("length(value: any)", "How many characters, elements or attributes the value has.", _length),
    function("contains(values: list, value: any)", "Whether the list has that element.", _contains),
    function("tostring(value: any)", "The text of a number or a bool; text and null pass.", lambda _, value: None if value is None else text(value)),
    function("tobool(value: any)", 'The bool that "true" or "false" spells; bools and null pass.', _tobool),
    function("jsonencode(value: any)", "The value as compact JSON text.", _jsonencode),
    function("jsondecode(text: string)", "The value that JSON text says.", _jsondecode),
)  # fmt: skip
