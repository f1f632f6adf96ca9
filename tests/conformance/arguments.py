"""Arguments for calls of functions: what fits, what nearly fits, and now and then what does not fit at all."""

import random
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from engine.language.values import parse_number

#: Makes one argument.
Maker = Callable[[random.Random], Any]

_WORDS = (
    "", "a", "b", "ab", "abc", "SOC-12", " a b ", "a_b-c d.e", "é", "ßx", "İI", "ΑΣ ΣΑ", "ǆep", "ﬁn", "ŉ", "日本語", "👍🏽", "👩\u200d👩\u200d👧",
    "🇩🇪🇫", "a\r\nb\n", "\n\n", "line\nline\r", "\t\u00a0x\u2003", "\x1cx\x1f", "<b>&\u2028", 'say "no" \\ yes', "100%", "true", "false", "1", "0",
    "-1.5", "007", "1e3", "ff", "Zz", "a,b,,c", "x/y//z", "../a/./b/", "/", "//", "\u0915\u094d\u0937\u093f", "각\u1161", "a\u200bb", "\u0301x",
    "status = ün+done&", "%41%zz", "a+b%20c", "aGk=", "aGk", "/w==", "YQ==\n", "0.1", "ᾳ ᾼ", "ά", "1ª²½", "x٣", "_x", "\x00", "\x7f\x85",
)  # fmt: skip
_NUMBERS = (
    0, 1, 2, 3, -1, -2, 7, 10, 12, 16, 36, 62, 63, 100, 255, 1023, 1024, 1025, 123456, 1234567, 10**15, 2**53 + 1, 2**63, -(2**63), 10**30,
    parse_number("0.5"), parse_number("-0.5"), parse_number("1.5"), parse_number("2.5"), parse_number("0.1"), parse_number("0.25"), parse_number("-1.75"), parse_number("0.15"), parse_number("0.35"), parse_number("2.675"), parse_number("3.14159"),
    parse_number("0.0001"), parse_number("0.00001234"), parse_number("123456.789"), parse_number("1e-20"), parse_number("12345678901234567890.5"),
    parse_number("1e300"), parse_number("-7.25e-200"), parse_number(str(3 * 2**512 + 1)), parse_number("0.333333333333333333333333333333333"),
)  # fmt: skip
_TIMESTAMPS = (
    "2026-01-30T12:05:09Z", "2024-02-29T23:59:59+02:00", "2023-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-07-04T00:00:00.123456789-11:30", "2026-07-04T13:00:00.9Z", "2026-07-04T12:00:00+00:00", "2026-07-04T24:00:00Z", "2026-13-01T00:00:00Z",
    "2026-07-04t12:00:00z", "2026-07-04", "2026-07-04T12:00:00", "2026-07-04T12:00:00.000+0200", "2026-07-04 12:00:00Z", "2026-07-04T1:00:00Z",
    "2026-07-04T12:00:60Z", "2026-07-04T12:00:00,5Z", "2026-07-04T12:00:00+24:00", "2026-07-04T12:00:00-00:00", "x", "",
)  # fmt: skip
_DURATIONS = (
    "72h", "-24h", "1h30m", "1.5h", ".5s", "5.s", "-1h-1m", "+3m", "0", "-0", "00", "", "1", "1d", "90s", "999ms", "1ns", "3us", "3µs", "1m0.5s",
    "2562047h", "2562048h", "0.000000001s", "h", "1 h", "1.2.3s",
)  # fmt: skip
_FORMATS = (
    "YYYY-MM-DD",
    "'T'hh:mm:ssZ",
    "EEE, DD MMM YY",
    "EEEE D MMMM",
    "HH:mm aa",
    "AA",
    "ZZZ ZZZZ ZZZZZ",
    "'",
    "''",
    "'a''b'",
    "'a''",
    "'a'''",
    "YYY",
    "x",
    "é",
    "ZZ",
    "",
)
_PATTERNS = (
    "a", "[a-z]+", "a*", "(\\w)(\\d)?", "(?P<n>\\d+)", "(?P<n>a)(b)", "(?P<n>a)|(?P<m>b)", "^", "$", "(?i)soc-(\\d+)", "\\b", "", ".", "(?s).", "(", "a{1001}",
    "(?=x)", "\\C", "[[:alpha:]]+", "\\pL", "\\x{e9}", "(a)|b", "(?<n>b)", "x??", "\\", "(?P<n>a)(?P<n>b)",
)  # fmt: skip
_REPLACEMENTS = (
    "",
    "x",
    "$1",
    "${1}",
    "$0-$0",
    "$$",
    "$1x",
    "${n}",
    "$n",
    "${",
    "${}",
    "$",
    "$9",
    "$01",
    "a$",
    "\\1",
    "${1}0",
)
_VERBS = "vvsssqqdddbxXoeEfffgGtzT%"


def pick(*choices: Any) -> Maker:
    """One of these values."""
    return lambda random_: random_.choice(choices)


def text(random_: random.Random) -> str:
    """Text, of what is known to be hard or of anything, as HCL keeps it."""
    kind = random_.random()
    if kind < 0.6:
        made = random_.choice(_WORDS)
    elif kind < 0.8:
        made = "".join(random_.choice(_WORDS) for _ in range(random_.randrange(4)))
    else:
        made = "".join(
            chr(random_.choice((random_.randrange(0x20, 0x250), random_.randrange(0x370, 0x2C00))))
            for _ in range(random_.randrange(9))
        )
    # Which characters there are depends on the Unicode that each side was built with.
    return unicodedata.normalize("NFC", "".join(char for char in made if unicodedata.category(char) != "Cn"))


def number(random_: random.Random) -> Any:
    """A number, or text that spells one."""
    made = random_.choice(_NUMBERS) if random_.random() < 0.7 else random_.randrange(-20, 20)
    return str(made) if random_.random() < 0.05 else made


def small(random_: random.Random) -> Any:
    """A small whole number, mostly."""
    return random_.randrange(-3, 8) if random_.random() < 0.9 else number(random_)


def scalar(random_: random.Random) -> Any:
    """Text, a number, a bool or null."""
    return random_.choice((text, number, pick(True, False), pick(None)))(random_)


def many(maker: Maker, most: int = 5) -> Maker:
    """A list of such values."""
    return lambda random_: [maker(random_) for _ in range(random_.randrange(most + 1))]


def mapping(maker: Maker) -> Maker:
    """An object of such values."""
    return lambda random_: {text(random_) or "a": maker(random_) for _ in range(random_.randrange(4))}


def value(random_: random.Random, depth: int = 2) -> Any:
    """Anything."""
    kind = random_.randrange(6) if depth else 0
    if kind == 1:
        return [value(random_, depth - 1) for _ in range(random_.randrange(4))]
    if kind == 2:
        return {text(random_): value(random_, depth - 1) for _ in range(random_.randrange(3))}
    return scalar(random_)


def uniform(random_: random.Random) -> list[Any]:
    """A list whose elements are of one kind."""
    maker = random_.choice(
        (
            pick("a", "b", "c", "B", "é", "10", "9"),
            pick(0, 1, 2, 10, parse_number("0.5"), -1),
            pick(True, False),
            text,
            number,
        )
    )
    made: list[Any] = many(maker)(random_)
    if random_.random() < 0.2:
        made.insert(random_.randrange(len(made) + 1), None)
    return made


def lists(random_: random.Random) -> list[Any]:
    """A list, of one kind or not."""
    return uniform(random_) if random_.random() < 0.8 else many(value, 4)(random_)


def csv(random_: random.Random) -> str:
    """Comma-separated values, rightly quoted or not."""
    fields = ("a", "b", "", '"a,b"', '"x""y"', '"two\nlines"', ' "x"', 'a"b', '"', '"a"b', "é", "\r")
    ends = ("\n", "\r\n", "\n\n", "")
    rows = random_.randrange(4)
    columns = random_.randrange(1, 4)
    made = ",".join(["a", "b", "c", "c"][: columns + (random_.random() < 0.1)]) + random_.choice(ends)
    for _ in range(rows):
        count = columns if random_.random() < 0.9 else columns + 1
        easy = random_.random() < 0.6
        made += ",".join(
            random_.choice(fields[:6] if easy else fields) for _ in range(count)
        ) + random_.choice(ends)
    return made


def json(random_: random.Random) -> str:
    """JSON text, sound or not."""
    pieces = (
        "1",
        "-0",
        "1.50",
        "1e3",
        "01",
        "true",
        "null",
        '"a"',
        '"\\u00e9\\n"',
        '"\\ud83d\\ude00"',
        '"\\ud800x"',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        '"k":',
        " ",
        "nul",
        "NaN",
    )
    if random_.random() < 0.5:
        return "".join(random_.choice(pieces) for _ in range(random_.randrange(1, 6)))
    inner = [random_.choice(pieces[:11]) for _ in range(random_.randrange(4))]
    if random_.random() < 0.5:
        return "[" + ", ".join(inner) + "]"
    return "{" + ",".join(f'"{chr(97 + i)}": {each}' for i, each in enumerate(inner)) + "}"


def verb(random_: random.Random) -> str:
    """One sequence of a pattern of `format`."""
    flags = "".join(random_.sample("+-0# ", random_.choice((0, 0, 0, 1, 1, 2, 3))))
    width = random_.choice(("", "", "", "3", "8", "20"))
    precision = random_.choice(("", "", "", ".", ".0", ".1", ".2", ".5", ".12"))
    at = random_.choice(("",) * 12 + ("[1]", "[2]"))
    return f"%{flags}{width}{precision}{at}{random_.choice(_VERBS)}"


def calls_of_format(random_: random.Random) -> list[Any]:
    """A pattern, and about as many values as it asks for."""
    verbs = [verb(random_) for _ in range(random_.randrange(1, 3))]
    pattern = random_.choice(("", "x ", "é%%")).join(["", *verbs, ""])
    makers = (number, number, number, text, value)
    count = len(verbs) if random_.random() < 0.95 else random_.randrange(3)
    return [pattern, *(random_.choice(makers)(random_) for _ in range(count))]


def calls_of_formatlist(random_: random.Random) -> list[Any]:
    """A pattern, and lists or single values."""
    pattern = " ".join(random_.choice(("%s", "%v", "%d", "%5.1f", "%q")) for _ in range(2))
    length = random_.randrange(3)

    def argument() -> Any:
        kind = random_.random()
        if kind < 0.2:
            return many(scalar, 3)(random_)
        return [number(random_) for _ in range(length)] if kind < 0.7 else scalar(random_)

    return [pattern, argument(), argument()]


def calls_of_templatestring(random_: random.Random) -> list[Any]:
    """A template and its variables."""
    pieces = (
        "a ", "\n", " \n  ", "${x}", "${ x ~}", "${~ x}", "$${x}", "%%{", "%{ if y }", "%{ else }", "%{ endif }", "%{ for i in z }", "%{ for k, i in z ~}",
        "%{~ endfor }", "%{ endfor ~}", "${i}", '${upper("ü")}', "${z[0]}", "${nope}", "${", "}", '"', "\\n", "é", '${join("-", z)}', "$", "%", "\r\n", "END0",
        "%{ if y }yes%{ else }no%{ endif }", "%{ for i in z ~}\n<${i}>\n%{ endfor ~}\n", "${z}", "${jsonencode(z)}", "%{ if x }", "${templatestring(x, {})}",
    )  # fmt: skip
    template = "".join(random_.choice(pieces) for _ in range(random_.randrange(5)))
    variables = {
        "x": scalar(random_),
        "y": random_.random() < 0.5,
        "z": many(pick("a", "b", "ü"), 3)(random_),
    }
    return [template, variables]


def holding(random_: random.Random) -> list[Any]:
    """A list, and what it may hold."""
    values = lists(random_)
    return [values, random_.choice(values) if values and random_.random() < 0.6 else scalar(random_)]


def each(*makers: Maker, rest: Maker | None = None, most: int = 2) -> Callable[[random.Random], list[Any]]:
    """The arguments of a call: one of each, and perhaps more of the last kind."""

    def make(random_: random.Random) -> list[Any]:
        made = [maker(random_) for maker in makers]
        if rest is not None:
            made += [rest(random_) for _ in range(random_.randrange(most + 1))]
        return made

    return make


def spoiled(arguments: Sequence[Any], random_: random.Random) -> list[Any]:
    """The arguments with one that may be of another kind, or missing, or one more."""
    made = list(arguments)
    kind = random_.randrange(8)
    if kind == 0 and made:
        made.pop()
    elif kind == 1:
        made.append(value(random_))
    elif made:
        made[random_.randrange(len(made))] = value(random_)
    return made


_TIME = pick(*_TIMESTAMPS)

#: A function's name -> what makes its arguments.
CALLS: dict[str, Callable[[random.Random], list[Any]]] = {
    **dict.fromkeys(("abs", "ceil", "floor", "int", "signum"), each(number)),
    **dict.fromkeys(("max", "min"), each(number, rest=number)),
    **dict.fromkeys(
        (
            "upper", "lower", "title", "strrev", "trimspace", "chomp", "base64encode", "base64decode", "urlencode", "urldecode", "md5", "sha1", "sha256",
            "sha512", "base64sha256", "base64sha512", "basename", "dirname",
        ),
        each(text),
    ),
    **dict.fromkeys(("startswith", "endswith", "strcontains", "trim", "trimprefix", "trimsuffix", "split"), each(text, text)),
    **dict.fromkeys(("tostring", "tonumber", "tobool", "jsonencode"), each(value)),
    **dict.fromkeys(("toset", "tolist", "distinct", "reverse"), each(lists)),
    **dict.fromkeys(("compact", "sort"), each(many(text))),
    **dict.fromkeys(("setunion", "setintersection", "setsymmetricdifference"), each(lists, rest=lists)),
    **dict.fromkeys(("keys", "values", "tomap"), each(mapping(value))),
    "setsubtract": each(lists, lists),
    "setproduct": each(lists, lists, rest=uniform),
    "replace": each(text, pick("", "a", "b", "\n", "é"), pick("", "x", "ab")),
    "regexreplace": each(text, pick(*_PATTERNS), pick(*_REPLACEMENTS)),
    "regex": each(pick(*_PATTERNS), text),
    "regexall": each(pick(*_PATTERNS), text),
    "substr": each(text, small, small),
    "indent": each(small, text),
    "join": each(pick("", ",", "é"), many(text), rest=many(scalar)),
    "format": calls_of_format,
    "formatlist": calls_of_formatlist,
    "templatestring": calls_of_templatestring,
    "length": each(value),
    "log": each(number, number),
    "pow": each(number, number),
    "parseint": each(pick("0", "ff", "FF", "-10", "+7", "zz", "Zz", "1_0", "", " 1", "٣", "9" * 50, "0x10", "-"), pick(2, 8, 10, 16, 36, 37, 62, 63, 1, parse_number("2.5"))),
    "range": each(small, rest=pick(-3, 0, 1, 2, 5, 100, 3000, parse_number("0.25"), parse_number("-0.5")), most=3),
    "chunklist": each(lists, small),
    "coalesce": each(scalar, rest=scalar),
    "coalescelist": each(lists, rest=lists),
    "concat": each(lists, rest=lists),
    "contains": holding,
    "element": each(lists, small),
    "flatten": each(many(value)),
    "lookup": each(mapping(value), text, value),
    "merge": each(mapping(value), rest=mapping(value)),
    "slice": each(lists, small, small),
    "zipmap": each(many(text, 3), many(value, 3)),
    "csvdecode": each(csv),
    "jsondecode": each(json),
    "formatdate": each(pick(*_FORMATS), _TIME),
    "timeadd": each(_TIME, pick(*_DURATIONS)),
    "timecmp": each(_TIME, _TIME),
    "try": each(value, rest=value),
    "can": each(value),
}  # fmt: skip
