"""What to say about a token that does not fit: a table by where it stands, what came before it, and what it is."""

from collections.abc import Collection
from typing import NamedTuple

from engine.language import tokens as kinds
from engine.language.tokens import Frame, Problem, Token, opening

_BODY = kinds.BODIES
_LIST = frozenset({kinds.TUPLE, kinds.CALL, kinds.PARENTHESES, kinds.INDEX})
_OPEN = frozenset({
    kinds.BLOCK, kinds.OBJECT, kinds.TUPLE, kinds.INDEX, kinds.CALL, kinds.PARENTHESES, kinds.FOR_TUPLE, kinds.FOR_OBJECT,
    kinds.INTERPOLATION, kinds.DIRECTIVE,
})  # fmt: skip
_FOR = frozenset({kinds.FOR_TUPLE, kinds.FOR_OBJECT, kinds.DIRECTIVE})
_TEXT = frozenset({kinds.QUOTED, kinds.HEREDOC})
_ITEM_BEGINS = frozenset({"", "NEWLINE", "LBRACE", "RBRACE", "COMMA"})
_NAMES = frozenset({"IDENT", "STRING", "QUOTE_END"})
_ENDS = frozenset({"NEWLINE", "$END", "RBRACE", "RPAR", "RSQB", "COMMA", "TEMPLATE_END"})
_VALUE_ENDS = frozenset(
    {"IDENT", "ATTR", "STRING", "NUMBER", "QUOTE_END", "HEREDOC_END", "RPAR", "RSQB", "RBRACE"}
)
_VALUE_BEGINS = frozenset({
    "IDENT", "STRING", "NUMBER", "QUOTE", "HEREDOC", "LPAR", "LBRACE", "LSQB", "FOR_SQB", "FOR_BRACE", "BANG",
})  # fmt: skip
_OPERATORS = frozenset({"OPERATOR", "MINUS", "STAR", "BANG", "QUESTION"})
_CONTINUES = frozenset({"OPERATOR", "STAR", "MINUS", "QUESTION", "COLON", "ATTR", "DOT"})


UNCLOSED_STRING = Problem(
    "unclosed_string",
    "The line ends inside a string",
    'Write the missing ", \\n for a line break, or use a heredoc (<<EOT) for text of several lines.',
)
LINE_BREAK_MISSING = Problem(
    "line_break_missing",
    "A line break is missing before this",
    "Give each attribute and each block its own line.",
)
ONE_LINE_BLOCK_TOO_LONG = Problem(
    "one_line_block_too_long",
    "A block on one line holds at most one attribute",
    'Break the line after "{" and give each attribute its own line, without commas.',
)
ONE_LINE_BLOCK_UNCLOSED = Problem(
    "one_line_block_unclosed",
    "A block that begins on its opening line must end there",
    'Break the line after "{", or put the "}" on the same line.',
)
BLOCK_IN_ONE_LINE_BLOCK = Problem(
    "block_in_one_line_block",
    "A block on one line cannot hold another block",
    'Break the line after the outer "{" and before its "}".',
)
EQUALS_MISSING = Problem(
    "item_incomplete",
    'A "=" is missing after this name',
    'Write "name = value" for an attribute. A block needs lines of its own in the one around it.',
)
LABEL_NOT_LITERAL = Problem(
    "label_not_literal",
    "A block label cannot contain an interpolation or a directive",
    "Write the label's text itself; labels are known before anything is evaluated.",
)
COMMA_BETWEEN_ATTRIBUTES = Problem(
    "line_break_missing",
    "Attributes of a block are not separated by commas",
    "Give each attribute and each block its own line. Remove the comma.",
)


class _Row(NamedTuple):
    """One line of the table; None fits anything. The texts may name {token}, {before}, {opener}, {opened} and {closer}."""

    frames: Collection[str] | None
    before: Collection[str] | None
    tokens: Collection[str] | None
    code: str
    summary: str
    detail: str
    #: The row fits only where this token would have been accepted.
    expecting: str | None = None


_TABLE = (
    _Row(
        None, {"DOT"}, {"STRING", "QUOTE"},
        "name_missing", 'Texts are not joined by a "."', 'Write one text with both in it: "${{a}}${{b}}".',
    ),
    _Row(
        None, {"DOT"}, None,
        "name_missing", 'A name is missing after the "."', 'Write the attribute\'s name, or use brackets: value["some key"].',
    ),
    _Row(
        None, {"EQUAL"}, {"EQUAL"},
        "operator_unknown", 'This "=" is one too many', 'Attributes are set with one "="; values are compared with "==", without a space.',
    ),
    _Row(
        None, {"EQUAL", "COLON", "ARROW"}, _ENDS,
        "value_missing", "The value is missing", 'Write an expression after the "{before}", beginning on the same line.',
    ),
    _Row(
        None, {"QUESTION"}, _ENDS,
        "value_missing", 'The value after "?" is missing', "A conditional is written: condition ? value : other value.",
    ),
    _Row(
        None, _OPERATORS, {"NEWLINE"},
        "operand_missing", 'The right side of "{before}" is missing',
        "An expression ends with its line. Put it in parentheses to continue it on the next one.",
    ),
    _Row(
        None, _OPERATORS, _ENDS,
        "operand_missing", 'The right side of "{before}" is missing', "Write the value that the operator is applied to.",
    ),
    _Row(
        None, _OPERATORS, _OPERATORS | {"EQUAL"},
        "operator_unknown", '"{before}{token}" is not an operator here', "Two operators stand side by side: remove one, or put parentheses around a part.",
    ),
    _Row(
        _BODY, _ITEM_BEGINS, {"STRING", "QUOTE"},
        "name_quoted", "The name of an attribute or a block stands without quotes", "Write: name = value. Only a block's labels may be quoted.",
    ),
    _Row(
        _BODY, {"NEWLINE"}, _CONTINUES,
        "expression_continued", "An expression ends with its line", "Put the expression in parentheses to continue it on the next line.",
    ),
    _Row(
        {kinds.BLOCK}, {"NEWLINE", "LBRACE"}, {"$END"},
        "unclosed", "{opened} is never closed", 'Write the missing "{closer}" before the end of the file.',
    ),
    _Row(
        _BODY, {"", "NEWLINE", "LBRACE"}, None,
        "item_expected", "An attribute or a block is expected here", 'Write "name = value", or a block: name "label" {{ … }}.',
    ),
    _Row(
        _BODY, {"IDENT"}, {"COLON"},
        "colon_in_body", 'An attribute of a block is set with "="', 'Write "{before} = …". A ":" is for the items of an object.',
        "EQUAL",
    ),
    _Row(
        _BODY, {"IDENT"}, {"NEWLINE", "$END", "RBRACE"},
        "item_incomplete", '"{before}" alone is neither an attribute nor a block', 'Write "{before} = value", or "{before} {{" to open a block.',
        "EQUAL",
    ),
    _Row(
        _BODY, {"IDENT"}, {"ATTR", "DOT"},
        "name_with_dot", "The name of an attribute cannot contain a dot", "Nest it: {before} = {{ name = value }}.", "EQUAL",
    ),
    _Row(
        _BODY, _NAMES, {"EQUAL"},
        "label_on_attribute", "An attribute has no label", 'Write "name = value", or "{{" to open a block.', "LBRACE",
    ),
    _Row(
        _BODY, _NAMES, {"NEWLINE", "$END", "RBRACE"},
        "item_incomplete", 'A "=" or a "{{" is missing', 'Write "name = value" for an attribute; for a block write "{{" on the same line.', "LBRACE",
    ),
    _Row(
        _BODY, {"IDENT"}, None,
        "item_incomplete", 'Neither a "=" nor a block follows "{before}"', 'Write "{before} = value", or "{before} {{" to open a block.',
        "EQUAL",
    ),
    _Row(
        _BODY, _NAMES, None,
        "label_expected", "A block label is a quoted string or a name", 'Write: name "label" {{ … }}.', "LBRACE",
    ),
    _Row(
        {kinds.INTERPOLATION}, _VALUE_ENDS, {"QUOTE", "STRING", "$END"},
        "unclosed", "An interpolation in this text is not closed", 'Write the missing "}}" after the value: "${{value}}".',
    ),
    _Row(
        _OPEN, None, {"$END"},
        "unclosed", "{opened} is never closed", 'Write the missing "{closer}" before the end of the file.',
    ),
    _Row(
        _BODY, None, {"NEWLINE", "RBRACE", "$END", "COMMA"},
        "conditional_incomplete", 'This conditional has no ":" and no second value',
        "A conditional is written: condition ? value : other value.", "COLON",
    ),
    _Row(
        _BODY, _VALUE_ENDS, {"EQUAL"},
        "operator_unknown", 'There can be only one "=" in an attribute', 'Values are compared with "==".',
    ),
    _Row(
        _BODY, _VALUE_ENDS, _VALUE_BEGINS,
        "line_break_missing", "A line break or an operator is missing before this",
        "Every attribute and every block stands on its own line.",
    ),
    _Row(
        {kinds.OBJECT}, {"COMMA", "NEWLINE", "LBRACE"}, {"COMMA"},
        "comma_extra", "This comma is one too many", "Items are separated by one comma, or by a line break.",
    ),
    _Row(
        {kinds.OBJECT}, None, {"NEWLINE", "COMMA", "RBRACE"},
        "item_incomplete", "This key has no value", "Every item of an object is written: key = value.", "EQUAL",
    ),
    _Row(
        {kinds.OBJECT}, _VALUE_ENDS, _VALUE_BEGINS,
        "item_incomplete", 'A "=" is missing between key and value', "Every item of an object is written: key = value.", "EQUAL",
    ),
    _Row(
        {kinds.OBJECT}, _VALUE_ENDS, _VALUE_BEGINS | {"EQUAL", "COLON"},
        "separator_missing", "A comma or a line break is missing before this", "Items of an object are separated by commas or line breaks.",
    ),
    _Row(
        {kinds.OBJECT}, {"NEWLINE"}, _CONTINUES,
        "expression_continued", "An expression ends with its line", "Put the expression in parentheses to continue it on the next line.",
    ),
    _Row(
        _LIST, {"COMMA", "LPAR", "LSQB"}, {"COMMA"},
        "comma_extra", "This comma is one too many", "Values are separated by one comma.",
    ),
    _Row(
        {kinds.PARENTHESES}, {"LPAR"}, {"RPAR"},
        "value_missing", "These parentheses are empty", "Write an expression between them.",
    ),
    _Row(
        {kinds.INDEX}, {"LSQB"}, {"RSQB"},
        "value_missing", "The index is missing", 'Write a number or a key between the brackets, or "*" for every element.',
    ),
    _Row(
        {kinds.PARENTHESES, kinds.INDEX}, None, {"COMMA"},
        "comma_extra", 'Only one value can stand between "{opener}" and "{closer}"', "Write [a, b] for a list of values.",
    ),
    _Row(
        _LIST, None, {"ELLIPSIS"},
        "ellipsis_misplaced", '"..." may only follow the last argument of a call or the value of a for', "Remove it.",
    ),
    _Row(
        _LIST, {"ELLIPSIS"}, None,
        "ellipsis_misplaced", 'Nothing may follow the "..." of a call', 'Write the missing ")", or move the list to the end.',
    ),
    _Row(
        _LIST | {kinds.FOR_TUPLE, kinds.FOR_OBJECT}, None, _ENDS,
        "conditional_incomplete", 'This conditional has no ":" and no second value',
        "A conditional is written: condition ? value : other value.", "COLON",
    ),
    _Row(
        _LIST, _VALUE_ENDS, _VALUE_BEGINS,
        "separator_missing", 'A comma or the closing "{closer}" is missing before this', "Values are separated by commas.", "COMMA",
    ),
    _Row(
        _LIST, _VALUE_ENDS, None,
        "separator_missing", 'The closing "{closer}" is missing before this', 'Write it where the "{opener}" should end.',
    ),
    _Row(
        _FOR, {"FOR_SQB", "FOR_BRACE", "DIRECTIVE_FOR"}, None,
        "for_name_missing", "A name is missing after the for", "Write: for value in collection, or: for key, value in collection.",
    ),
    _Row(
        _FOR, None, None,
        "for_in_missing", 'The "in" of this for is missing', "Write: for value in collection, or: for key, value in collection.", "IN",
    ),
    _Row(
        _FOR, {"COMMA"}, None,
        "for_name_missing", "The second name of this for is missing", "Write: for key, value in collection.", "IDENT",
    ),
    _Row(
        {kinds.FOR_OBJECT}, _VALUE_ENDS, None,
        "for_arrow_missing", 'A for in braces needs "key => value"', "Write: {{ for item in list : item.name => item }}. For a list use brackets.", "ARROW",
    ),
    _Row(
        {kinds.FOR_TUPLE}, None, {"ARROW"},
        "for_arrow_extra", 'A for in brackets makes a list and has no "=>"', "Use braces to make an object: {{ for … : key => value }}.",
    ),
    _Row(
        {kinds.FOR_TUPLE, kinds.FOR_OBJECT}, _VALUE_ENDS, None,
        "for_colon_missing", 'The ":" of this for is missing', "Write: [for item in list : value].", "COLON",
    ),
    _Row(
        {kinds.INTERPOLATION}, {"INTERPOLATION"}, {"TEMPLATE_END"},
        "value_missing", "This interpolation is empty", 'Write an expression between "${{" and "}}", or "$${{" for the characters themselves.',
    ),
    _Row(
        {kinds.INTERPOLATION}, _VALUE_ENDS, None,
        "separator_missing", 'The "}}" of this interpolation is missing before this', 'An interpolation holds one expression: "${{value}}".',
    ),
    _Row(
        _TEXT, None, {"QUOTE_END", "HEREDOC_END"},
        "directive_unclosed", "A template directive is not closed before the text ends", "Write %{{ endif }} or %{{ endfor }} where it ends.",
    ),
    _Row(
        _TEXT, None, {"DIRECTIVE_ELSE", "DIRECTIVE_ENDIF", "DIRECTIVE_ENDFOR"},
        "directive_misplaced", "This directive does not belong to the one that is open", "Every %{{ if }} ends with one %{{ endif }}, every %{{ for }} with one %{{ endfor }}.",
    ),
    _Row(
        None, {"DIRECTIVE_ELSE", "DIRECTIVE_ENDIF", "DIRECTIVE_ENDFOR"}, None,
        "directive_misplaced", "Nothing may follow the name of this directive", 'Write the closing "}}".',
    ),
)  # fmt: skip


def still_open(frame: Frame) -> Problem:
    """The problem with what closes or begins something, while something else is still open."""
    return Problem(
        "unclosed",
        f"{_opened(frame)} is not closed before this",
        f'Write the missing "{frame.closer}" where it ends.',
        opening(frame.opener),
    )


def _opened(frame: Frame) -> str:
    opener = frame.opener
    if opener is None:
        return ""
    shown = opener.text.strip()
    shown = shown[0] if opener.type.startswith("FOR_") else shown.split("~")[0]
    return f'The "{shown}" of line {frame.source.position(opener.start)[0]}'


def complaint(token: Token, before: Token | None, expected: Collection[str]) -> Problem:
    """The problem with a token that the grammar does not allow after `before`."""
    kind = token.frame.kind
    previous = before.type if before is not None else ""
    words = {
        "token": _show(token),
        "before": before.text.strip() if before is not None else "",
        "opener": token.frame.opener.text[:1] if token.frame.opener is not None else "",
        "opened": _opened(token.frame),
        "closer": token.frame.closer,
    }
    for row in _TABLE:
        if (
            (row.frames is None or kind in row.frames)
            and (row.before is None or previous in row.before)
            and (row.tokens is None or token.type in row.tokens)
            and (row.expecting is None or row.expecting in expected)
        ):
            opened = opening(token.frame.opener) if row.code == "unclosed" else None
            return Problem(row.code, row.summary.format_map(words), row.detail.format_map(words), opened)
    shown = words["token"]
    return Problem(
        "unexpected",
        f"{shown} cannot stand here" if token.type in ("NEWLINE", "$END") else f'"{shown}" cannot stand here',
        "Compare with the language reference, or remove it.",
    )


def _show(token: Token) -> str:
    if token.type == "NEWLINE":
        return "The end of the line"
    if token.type == "$END":
        return "The end of the file"
    text = token.text.strip()
    return text if len(text) <= 30 else text[:29] + "…"  # noqa: PLR2004
