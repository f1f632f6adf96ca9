"""What other languages have taught people to write, and how the same is said here: advice for what does not fit."""

import re
from collections.abc import Mapping

from engine.language.tokens import Problem

_CONDITIONAL = "A conditional is written: condition ? value : other value."
_CONTAINS = "Write contains(list, value)."
_NO_CHANGE = 'Nothing is changed in place: write the whole calculation after the one "=" of the attribute.'
_FALLBACK = "Write coalesce(a, b) for the first that is neither null nor empty, or try(a, b) for the first that exists."

#: Words that stand where an operator would -> what to write.
_WORDS = {
    "and": 'Write "&&": a && b.',
    "or": 'Write "||": a || b.',
    "not": 'Write "!": !a.',
    "not in": "Write !contains(list, value).",
    "in": _CONTAINS,
    "is not": 'Write "!=": a != b.',
    "is": 'Write "==": a == b.',
    "eq": 'Write "==": a == b.',
    "equals": 'Write "==": a == b.',
    "ne": 'Write "!=": a != b.',
    "mod": 'Write "%": a % b.',
    "if": _CONDITIONAL,
    "then": _CONDITIONAL,
    "else": _CONDITIONAL,
    "contains": "Write contains(list, value), or strcontains(text, part).",
    "has": "Write contains(list, value), or can(object.name).",
    "matches": 'Write can(regex("pattern", text)).',
    "like": 'Write can(regex("pattern", text)).',
    "startswith": "Write startswith(text, part).",
    "endswith": "Write endswith(text, part).",
}  # fmt: skip
#: Signs of other languages -> what to write.
_SIGNS = {
    "??": _FALLBACK,
    "?:": _FALLBACK,
    "?.": "Write try(a.b, null) for an attribute that may be missing.",
    "===": 'Write "==": it never takes values of different kinds for equal.',
    "!==": 'Write "!=": values of different kinds are never equal.',
    "<>": 'Write "!=": a != b.',
    "=<": 'Write "<=": a <= b.',
    "=>": 'Write ">=" to compare. A "=>" stands between key and value of a for only.',
    "**": "Write pow(a, b).",
    "=~": 'Write can(regex("pattern", text)).',
    "!~": 'Write !can(regex("pattern", text)).',
    **dict.fromkeys(("++", "--", "+=", "-=", "*=", "/="), _NO_CHANGE),
}  # fmt: skip
#: Names of other languages -> the values that they mean.
_VALUES = {
    **dict.fromkeys(("True", "TRUE", "yes", "on"), "true"),
    **dict.fromkeys(("False", "FALSE", "no", "off"), "false"),
    **dict.fromkeys(("None", "nil", "Nil", "NULL", "Null", "undefined", "nothing"), "null"),
}
#: Functions of other languages -> what to write.
_CALLS: Mapping[str, str] = {
    **dict.fromkeys(("len", "size", "count", "strlen"), "Use length(value)."),
    **dict.fromkeys(("str", "String", "string", "repr"), 'Use tostring(value), or a template: "${value}".'),
    **dict.fromkeys(("number", "float", "Number", "parseFloat"), "Use tonumber(value)."),
    **dict.fromkeys(("bool", "Boolean"), "Use tobool(value)."),
    "parseInt": "Use parseint(text, base), or tonumber(text).",
    **dict.fromkeys(
        ("print", "println", "printf", "echo", "console"),
        "An expression gives a value and prints nothing: `interlock simulate` shows what each guard looks at.",
    ),
    **dict.fromkeys(("sprintf", "fmt"), 'Use format("%s", value), or a template: "${value}".'),
    **dict.fromkeys(("toLower", "tolower", "lowercase", "downcase"), "Use lower(text)."),
    **dict.fromkeys(("toUpper", "toupper", "uppercase", "upcase"), "Use upper(text)."),
    **dict.fromkeys(("includes", "in", "has", "member"), "Use contains(list, value), or strcontains(text, part)."),
    **dict.fromkeys(("match", "matches", "test", "like"), 'Use can(regex("pattern", text)).'),
    **dict.fromkeys(("sub", "gsub", "replaceAll"), "Use replace(text, part, other) or regexreplace(text, pattern, other)."),
    **dict.fromkeys(("strip", "ltrim", "rtrim"), "Use trimspace(text)."),
    **dict.fromkeys(("substring", "mid"), "Use substr(text, offset, length)."),
    **dict.fromkeys(("isset", "exists", "defined", "has_key", "hasKey"), "Use can(object.name)."),
    **dict.fromkeys(("isnull", "is_null", "isNull"), "Compare it: value == null."),
    **dict.fromkeys(("isempty", "is_empty", "empty", "isEmpty"), "Compare it: length(value) == 0."),
    **dict.fromkeys(("default", "get", "getattr", "ifnull", "nvl", "or_else"), "Use try(object.name, other), or coalesce(a, b)."),
    **dict.fromkeys(("filter", "select", "where"), "Write [for item in list : item if condition]."),
    **dict.fromkeys(("any", "some"), "Use anytrue([for item in list : condition])."),
    **dict.fromkeys(("all", "every"), "Use alltrue([for item in list : condition])."),
    **dict.fromkeys(("append", "push"), "Use concat(list, [value])."),
    **dict.fromkeys(("avg", "mean"), "Use sum(list) / length(list)."),
    **dict.fromkeys(("now", "time", "today", "date"), "Write `now`, without parentheses: it is the time of the decision."),
    **dict.fromkeys(("env", "getenv"), "Declare a variable, and give it the value env://NAME in workers.yaml."),
    "round": "Use floor(value + 0.5).",
    "if": _CONDITIONAL,
    "iif": _CONDITIONAL,
}  # fmt: skip

#: Problems with a token that may be an operator of another language.
_MISFITS = frozenset({
    "line_break_missing", "separator_missing", "operator_unknown", "unexpected", "item_incomplete", "value_missing",
})  # fmt: skip
_RUN = "?=!*<>+-.~:/"
_WORD = re.compile(r"(?:not|is)[ \t]+(?:in|not)(?![\w-])|[A-Za-z]+(?![\w-])")
_SETS = re.compile(r"[ \t]*+(?:=(?![=~])|\{|:)")
_WORD_BEFORE = re.compile(r"(?<![\w.-])(not|if)[ \t]++\Z")
#: So far back the word before a place is looked for.
_NEAR = 40


def habit(problem: Problem, text: str, start: int) -> Problem:
    """The problem with a token at `start`, told as the habit that it probably is; the same if it is none."""
    if problem.code not in _MISFITS:
        return problem
    shown = _word_at(text, start)
    detail = _WORDS.get(shown)
    if detail is None:
        shown = _sign_at(text, start)
        detail = _SIGNS.get(shown)
    if detail is None:
        return problem
    return problem._replace(summary=f'"{shown}" is not an operator here', detail=detail)


def _word_at(text: str, start: int) -> str:
    """The word at a place, or the one before it that makes no sense without an operator; empty where it is a name."""
    before = _WORD_BEFORE.search(text, max(0, start - _NEAR), start)
    if before is not None:
        return before[1]
    found = _WORD.match(text, start)
    if found is None or _SETS.match(text, found.end()):
        return ""
    return " ".join(found[0].split())


def _sign_at(text: str, start: int) -> str:
    """The signs that stand together at a place."""
    first = last = start
    while first > 0 and text[first - 1] in _RUN and start - first < _NEAR:
        first -= 1
    while text[last : last + 1] and text[last] in _RUN and last - start < _NEAR:
        last += 1
    return text[first:last]


def meant_value(name: str) -> str:
    """What to write instead of a name that means a value in other languages; empty if it means none."""
    value = _VALUES.get(name)
    return "" if value is None else f'Write {value}, or "{name}" in quotes if you meant the text.'


def meant_call(name: str) -> str:
    """What to write instead of a function of another language; empty if nobody knows."""
    return _CALLS.get(name, "")
