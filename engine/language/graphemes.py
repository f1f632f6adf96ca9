"""How many characters a reader sees: what columns count, as Unicode's annex 29 has it."""

import unicodedata
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

_ZERO_WIDTH_JOINER = "\u200d"
_FIRST_FLAG, _LAST_FLAG = "\U0001f1e6", "\U0001f1ff"


def _chars(*ranges: tuple[int, int]) -> Iterable[str]:
    return (chr(code) for first, last in ranges for code in range(first, last + 1))


_EXTENDING = frozenset({"Mn", "Me", "Mc"})
#: Joiners, two vowels of Thai and Lao, half-width voice marks, skin tones and tags.
_ALSO_EXTENDING = frozenset(
    _chars(
        (0x200C, 0x200D),
        (0xE33, 0xE33),
        (0xEB3, 0xEB3),
        (0xFF9E, 0xFF9F),
        (0x1F3FB, 0x1F3FF),
        (0xE0020, 0xE007F),
    )
)
#: Marks of Myanmar, Tai Tham and Ahom that have a place of their own.
_STANDING_ALONE = frozenset(
    _chars(
        (0x102B, 0x102C), (0x1038, 0x1038), (0x1062, 0x1064), (0x1067, 0x106D), (0x1083, 0x1083), (0x1087, 0x108C),
        (0x108F, 0x108F), (0x109A, 0x109C), (0x1A61, 0x1A61), (0x1A63, 0x1A64), (0xAA7B, 0xAA7B), (0xAA7D, 0xAA7D),
        (0x11720, 0x11721),
    )
)  # fmt: skip
#: Signs that belong to the character after them.
_PREPENDED = frozenset(
    _chars(
        (0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0xD4E, 0xD4E), (0x110BD, 0x110BD),
        (0x110CD, 0x110CD), (0x111C2, 0x111C3), (0x1193F, 0x1193F), (0x11941, 0x11941), (0x11A3A, 0x11A3A),
        (0x11A84, 0x11A89), (0x11D46, 0x11D46),
    )
)  # fmt: skip
_CONTROLS = frozenset({"Cc", "Cf", "Zl", "Zp"})


def graphemes(text: str) -> int:
    """How many characters a reader sees: combining marks, joined emoji, flags and Hangul syllables count once."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 for _ in _starts(text))


def reaches(text: str, count: int) -> int:
    """How many characters a reader sees, or `count` if they are more."""
    return (
        len(text) if text.isascii() and "\r\n" not in text else sum(1 for _ in islice(_starts(text), count))
    )


def clusters(text: str) -> list[str]:
    """The characters that a reader sees, one by one."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    starts = [*_starts(text), len(text)]
    return [text[start:end] for start, end in pairwise(starts)]


def running(text: str) -> "array[int]":
    """The same for every beginning of a text: the number at a position is that of what stands before it."""
    counts = array("L", [0])
    count = 0
    starts = _starts(text)
    start = next(starts, len(text))
    for at in range(len(text)):
        if at == start:
            count += 1
            start = next(starts, len(text))
        counts.append(count)
    return counts


def _starts(text: str) -> Iterator[int]:
    """Where each character that a reader sees begins."""
    before = ""
    flags = 0
    picture = False  # the grapheme is an emoji so far, which a joiner may continue
    for at, char in enumerate(text):
        joined = before != "" and _extends(before, char, flags, picture=picture)
        if not joined:
            yield at
        flags = flags + 1 if _FIRST_FLAG <= char <= _LAST_FLAG else 0
        picture = (unicodedata.category(char) == "So" and not flags) or (picture and joined)
        before = char


def _extends(before: str, char: str, flags: int, *, picture: bool) -> bool:
    """Whether `char` belongs to the grapheme that `before` is part of (the common rules of Unicode annex 29)."""
    if _controls(before) or _controls(char):
        return before == "\r" and char == "\n"
    if before in _PREPENDED or char in _ALSO_EXTENDING:
        return True
    if unicodedata.category(char) in _EXTENDING:
        return char not in _STANDING_ALONE
    if _FIRST_FLAG <= char <= _LAST_FLAG:
        return flags % 2 == 1
    if before == _ZERO_WIDTH_JOINER and unicodedata.category(char) == "So":
        return picture
    return _joins_hangul(before, char)


def _joins_hangul(before: str, char: str) -> bool:
    lead = "\u1100" <= before <= "\u115f"
    syllable = "\uac00" <= before <= "\ud7a3"
    if "\u1160" <= char <= "\u11a7":
        return lead or "\u1160" <= before <= "\u11a7" or (syllable and (ord(before) - 0xAC00) % 28 == 0)
    if "\u11a8" <= char <= "\u11ff":
        return "\u1160" <= before <= "\u11ff" or syllable
    return lead and ("\u1100" <= char <= "\u115f" or "\uac00" <= char <= "\ud7a3")


def _controls(char: str) -> bool:
    return unicodedata.category(char) in _CONTROLS and char not in _ALSO_EXTENDING and char not in _PREPENDED
