"""Functions over text. Whatever makes text asks for room first."""

from collections.abc import Callable
from typing import Any

from engine.language.functions.function import function
from engine.language.functions.numbers import whole
from engine.language.graphemes import clusters, graphemes
from engine.language.meter import Meter
from engine.language.values import UnfitError, text

#: Unicode's white space. Python counts four separators more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
#: To look at each character of a text that is not plain ASCII costs a step for so many.
_CHARACTERS_PER_STEP = 2


def characters(meter: Meter, value: str) -> list[str]:
    """The characters that a reader sees."""
    meter.step(len(value) // _CHARACTERS_PER_STEP)
    return clusters(value)


def _pay(meter: Meter, value: str) -> None:
    """Pay for a text as long as this one, and for a look at each character of it."""
    meter.make(len(value))
    if not value.isascii():
        meter.step(len(value) // _CHARACTERS_PER_STEP)


def _upper_one(char: str) -> str:
    """The character's own upper case; what would become several characters has a title case, or stays."""
    found = char.upper()
    return found if len(found) == 1 else _title_one(char)


def _title_one(char: str) -> str:
    found = char.title()
    return found if len(found) == 1 else char


def _upper(meter: Meter, value: str) -> str:
    _pay(meter, value)
    return value.upper() if value.isascii() else "".join(map(_upper_one, value))


def _lower(meter: Meter, value: str) -> str:
    _pay(meter, value)
    return value.lower() if value.isascii() else "".join([char.lower()[0] for char in value])


def _title(meter: Meter, value: str) -> str:
    meter.make(len(value))
    meter.step(len(value) // _CHARACTERS_PER_STEP)
    made = []
    between = True
    for char in value:
        made.append(_title_one(char) if between else char)
        between = not (char == "_" or char.isalpha() or char.isdecimal()) and (
            char.isascii() or char in _SPACE
        )
    return "".join(made)


def _paid(apply: Callable[..., str]) -> Callable[..., str]:
    """A function whose result is no longer than its first argument."""

    def run(meter: Meter, value: str, *others: str) -> str:
        meter.make(len(value))
        return apply(value, *others)

    return run


def _strrev(meter: Meter, value: str) -> str:
    meter.make(len(value))
    return "".join(reversed(characters(meter, value)))


def _indent(meter: Meter, spaces: Any, value: str) -> str:
    width = whole(spaces, 0)
    if width < 0:
        raise UnfitError("is negative", 0)
    meter.make(len(value) + value.count("\n") * width)
    return value.replace("\n", "\n" + " " * width) if "\n" in value else value


def _replace(meter: Meter, value: str, old: str, new: str) -> str:
    meter.make(len(value) + value.count(old) * len(new))
    return value.replace(old, new)


def _join(meter: Meter, separator: str, *lists: list[Any]) -> str:
    words = []
    for position, parts in enumerate(lists, start=1):
        for part in parts:
            try:
                word = text(part)
            except UnfitError as error:
                raise UnfitError(f"has an element that {error.message}", position) from None
            meter.make(len(word) + len(separator))
            words.append(word)
    return separator.join(words)


def _split(meter: Meter, separator: str, value: str) -> list[str]:
    meter.make(len(value))
    if not separator:
        meter.step(len(value))
        return list(value)
    meter.step(value.count(separator))
    return value.split(separator)


def _substr(meter: Meter, value: str, offset: Any, length: Any) -> str:
    start, count = whole(offset, 1), whole(length, 2)
    meter.make(len(value))
    seen: str | list[str] = value if value.isascii() and "\r\n" not in value else characters(meter, value)
    if start < 0:
        start = max(0, len(seen) + start)
    return "".join(seen[start:] if count < 0 else seen[start : start + count])


def _length(meter: Meter, value: Any) -> int:
    if isinstance(value, str):
        if not value.isascii():
            meter.step(len(value) // _CHARACTERS_PER_STEP)
        return graphemes(value)
    try:
        return len(value)
    except TypeError:
        raise UnfitError("has no length: it is not a string, list or object", 0) from None


STRINGS = (
    function("upper(text: string)", "The text in upper case.", _upper, returns="string"),
    function("lower(text: string)", "The text in lower case.", _lower, returns="string"),
    function("title(text: string)", "The text with each word's first letter in upper case.", _title, returns="string"),
    function("strrev(text: string)", "The text backwards; accents stay with their letters.", _strrev, returns="string"),
    function("indent(spaces: number, text: string)", "The text with so many spaces before each line but the first.", _indent, returns="string"),
    function("trimspace(text: string)", "The text without white space around it.", _paid(lambda value: value.strip(_SPACE)), returns="string"),
    function("trim(text: string, characters: string)", "The text without those characters around it.", _paid(str.strip), returns="string"),
    function("trimprefix(text: string, prefix: string)", "The text without that beginning.", _paid(str.removeprefix), returns="string"),
    function("trimsuffix(text: string, suffix: string)", "The text without that end.", _paid(str.removesuffix), returns="string"),
    function("chomp(text: string)", "The text without line breaks at its end.", _paid(lambda value: value.rstrip("\r\n")), returns="string"),
    function("startswith(text: string, prefix: string)", "Whether the text begins so.", lambda _, value, prefix: value.startswith(prefix), returns="bool"),
    function("endswith(text: string, suffix: string)", "Whether the text ends so.", lambda _, value, suffix: value.endswith(suffix), returns="bool"),
    function("strcontains(text: string, part: string)", "Whether the part occurs in the text.", lambda _, value, part: part in value, returns="bool"),
    function("substr(text: string, offset: number, length: number)", "A part of the text; a negative offset counts from the end, a negative length means the rest.", _substr, returns="string"),
    function("replace(text: string, old: string, new: string)", "The text with each occurrence replaced; for patterns there is regexreplace.", _replace, returns="string"),
    function("split(separator: string, text: string)", "The list of parts between the separators.", _split, returns="list(string)"),
    function("join(separator: string, parts: list, more: list...)", "The elements as one text, with the separator between them.", _join, returns="string"),
    function("length(value: any)", "How many characters, elements or attributes the value has.", _length, returns="number"),
)  # fmt: skip
