"""The tree builder: what Lark calls for each reduced rule. It has no state, so that one serves every parse.

Each method takes the rule's children, tokens and finished nodes, and returns a node. Problems that need no second
thought by the parser (a second attribute of the same name, two attributes in a one-line block) are reported here.
"""

import re
from typing import Any

from engine.language import syntax, templates
from engine.language.binary import Number
from engine.language.bodies import block_body
from engine.language.chains import operation
from engine.language.complaints import LABEL_NOT_LITERAL
from engine.language.depth import MAX_DEPTH, too_deep
from engine.language.source import Place
from engine.language.spelling import number_of
from engine.language.tokens import Token
from engine.language.traversals import Step, extend, nest

#: A number with more digits, or an exponent beyond this, is refused.
MAX_DIGITS = 400
#: So many digits are never rounded.
_SURE_DIGITS = 154

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_BLOCK_COMMENT = re.compile(r"/\*(?s:.*?)\*/")
_KEYWORDS = {"true": True, "false": False, "null": None}


def _join(first: Any, last: Any) -> Place:
    return Place(first.span.source, first.span.first, last.span.last)


def _from(first: Token, last: Any) -> Place:
    return Place(first.frame.source, first.start, last.span.last)


def _tokens(first: Token, last: Token) -> Place:
    return Place(first.frame.source, first.start, last.end)


def _check_line(opener: Token, star: Token, closer: Token) -> None:
    """Report a ``[*]`` that does not stand on one line where lines count, as HCL itself refuses it."""
    source = opener.frame.source
    for first, second in ((opener, star), (star, closer)):
        if "\n" in _BLOCK_COMMENT.sub("", source.text[first.end : second.start]):
            source.report(
                "expression_continued",
                'A "[*]" stands on one line',
                "Remove the line break from between its brackets.",
                second.start,
                second.end,
            )
            return


class Builder:
    """Rule names and aliases of ``grammars/hcl.lark``, each with what it makes."""

    # Structure

    def file(self, children: list[Any]) -> list[Any]:
        """Pass a whole file's items on; `whole` makes the body, also of what an error left."""
        content: list[Any] = children[0]
        return content

    def content_start(self, _children: list[Any]) -> list[Any]:
        """Begin a body."""
        return []

    def content_item(self, children: list[Any]) -> list[Any]:
        """Add an item or a separator to a body."""
        content: list[Any] = children[0]
        if children[1] is not None:
            content.append(children[1])
        return content

    def attribute(self, children: list[Any]) -> syntax.Attribute | None:
        """``name = value``."""
        name, _, value = children
        place = Place(name.frame.source, name.start, value.span.last)
        if place.last - place.first > MAX_DEPTH and too_deep(value):
            place.source.report(
                "nested_too_deeply",
                f'The value of "{name.text}" is nested more than {MAX_DEPTH} levels deep',
                "Give parts of it a name in locals.",
                name.start,
                name.end,
            )
            return None
        return syntax.Attribute(span=place, name=name.text, value=value)

    def block(self, children: list[Any]) -> syntax.Block:
        """``type "label" { … }``."""
        kind, labels, opener, content, closer = children
        return syntax.Block(
            span=Place(kind.frame.source, kind.start, closer.end),
            type=kind.text,
            labels=tuple(labels),
            body=block_body(content, opener, closer),
        )

    def labels_start(self, _children: list[Any]) -> list[syntax.Label]:
        """Begin a block's labels."""
        return []

    def labels_more(self, children: list[Any]) -> list[Any]:
        """Add a label; one with an interpolation is reported."""
        labels: list[Any] = children[0]
        label = children[1]
        if isinstance(label, Token):
            place = Place(label.frame.source, label.start, label.end)
            if label.type == "STRING":
                value = _plain(label)
                labels.append(syntax.Label(span=place, value=value, quoted=True))
            else:
                labels.append(syntax.Label(span=place, value=label.text, quoted=False))
        else:
            from engine.language.subjects import first_sequence  # only a mistake needs it

            place = label.span
            place.source.report(*LABEL_NOT_LITERAL.told, *first_sequence(place.source.text, place.first + 1))
            labels.append(syntax.Label(span=place, value=place.text[1:-1], quoted=True))
        return labels

    # Expressions

    def conditional(self, children: list[Any]) -> syntax.Expression:
        """``condition ? then : otherwise``."""
        condition, _, then, _, otherwise = children
        return syntax.Conditional(
            span=_join(condition, otherwise), condition=condition, then=then, otherwise=otherwise
        )

    def chain_start(self, children: list[Any]) -> list[Any]:
        """Begin a flat chain: operand, operator, operand."""
        return children

    def chain_more(self, children: list[Any]) -> list[Any]:
        """Add an operator and an operand to a chain."""
        chain: list[Any] = children[0]
        chain += children[1:]
        return chain

    def binary(self, children: list[Any]) -> syntax.Expression:
        """Give a flat chain its precedences: all operators group to the left."""
        return operation(children[0])

    def unary(self, children: list[Any]) -> syntax.Expression:
        """``-x`` or ``!x``."""
        operator, operand = children
        return syntax.Unary(span=_from(operator, operand), operator=operator.text, operand=operand)

    def variable(self, children: list[Any]) -> syntax.Expression:
        """Make a root name, or one of the three words that are values."""
        name = children[0]
        if name.text in _KEYWORDS:
            return syntax.Literal(span=_tokens(name, name), value=_KEYWORDS[name.text])
        return syntax.Variable(span=_tokens(name, name), name=name.text)

    def number(self, children: list[Any]) -> syntax.Expression:
        """Make a number."""
        return syntax.Literal(span=_tokens(children[0], children[0]), value=_number(children[0]))

    def string(self, children: list[Any]) -> syntax.Expression:
        """Make a quoted string without interpolation."""
        token = children[0]
        return syntax.Literal(span=Place(token.frame.source, token.start, token.end), value=_plain(token))

    def parentheses(self, children: list[Any]) -> syntax.Expression:
        """``(inner)``."""
        return syntax.Parentheses(span=_tokens(children[0], children[2]), inner=children[1])

    def call(self, children: list[Any]) -> syntax.Expression:
        """``name(arguments)``."""
        name, _, (arguments, expand), _ = children
        return syntax.Call(
            span=_tokens(name, children[-1]),
            name=name.text,
            name_span=_tokens(name, name),
            arguments=tuple(arguments),
            expand=expand,
        )

    def arguments_none(self, _children: list[Any]) -> tuple[list[Any], bool]:
        """Take no arguments."""
        return [], False

    def arguments_some(self, children: list[Any]) -> tuple[list[Any], bool]:
        """Take arguments, with or without a comma after the last one."""
        return children[0], False

    def arguments_expanded(self, children: list[Any]) -> tuple[list[Any], bool]:
        """Take arguments, the last of which is a list of more."""
        return children[0], True

    def scoped_start(self, children: list[Any]) -> Token:
        """``scope::name``: one name, without the spaces that may stand around the colons."""
        return self.scoped_more(children)

    def scoped_more(self, children: list[Any]) -> Token:
        """Add a name to a scoped one."""
        scope, _, name = children
        joined = Token("IDENT", f"{scope.text}::{name.text}", scope.start, scope.frame)
        joined.end = name.end
        return joined

    def tuple_constructor(self, children: list[Any]) -> syntax.Expression:
        """``[a, b]``."""
        items = children[1] if isinstance(children[1], list) else []
        return syntax.Tuple(span=_tokens(children[0], children[-1]), items=tuple(items))

    def object_constructor(self, children: list[Any]) -> syntax.Expression:
        """``{ key = value }``."""
        items: list[Any] = next((child for child in children if isinstance(child, list)), [])
        _check_keys(items)
        return syntax.Object(span=_tokens(children[0], children[-1]), items=tuple(items))

    def list_start(self, children: list[Any]) -> list[Any]:
        """Begin arguments, elements or items."""
        return children

    def list_more(self, children: list[Any]) -> list[Any]:
        """Add an argument or an element."""
        children[0].append(children[2])
        begun: list[Any] = children[0]
        return begun

    def separator(self, _children: list[Any]) -> None:
        """Pass over what parts two items."""

    def items_more(self, children: list[Any]) -> list[Any]:
        """Add an item of an object."""
        children[0].append(children[-1])
        begun: list[Any] = children[0]
        return begun

    def item(self, children: list[Any]) -> syntax.ObjectItem:
        """``key = value``: a bare name is a string, not a variable."""
        key, _, value = children
        place: Any = key.span
        if isinstance(key, syntax.Variable):
            key = syntax.Literal(span=place, value=key.name)
        elif isinstance(key, syntax.Literal) and (key.value is None or isinstance(key.value, bool)):
            key = syntax.Literal(span=place, value=place.text)
        elif isinstance(key, (syntax.GetAttribute, syntax.Index, syntax.Splat)):
            place.source.doubt(
                "ambiguous_key",
                "This key could be a reference or a name with dots",
                'Put it in parentheses for the reference, "(a.b) = …", or in quotes for the name.',
                place.first,
                place.last,
            )
        return syntax.ObjectItem(span=_join(key, value), key=key, value=value)

    def names(self, children: list[Any]) -> tuple[str | None, str]:
        """Take the one or two names of a `for`: (key or None, value)."""
        return (children[0].text, children[2].text) if len(children) == 4 else (None, children[0].text)  # noqa: PLR2004

    def condition_none(self, _children: list[Any]) -> None:
        """Note that a `for` has no condition."""

    def condition(self, children: list[Any]) -> syntax.Expression:
        """Take the condition after ``if``."""
        node: syntax.Expression = children[1]
        return node

    def for_tuple(self, children: list[Any]) -> syntax.Expression:
        """``[for … : …]``."""
        opener, names, collection, _, result, condition, closer = children
        return syntax.For(
            span=_tokens(opener, closer),
            key=names[0],
            value=names[1],
            collection=collection,
            result_key=None,
            result=result,
            condition=condition,
        )

    def for_object(self, children: list[Any]) -> syntax.Expression:
        """``{for … : … => …}``."""
        opener, names, collection, _, key, _, result = children[:7]
        condition, closer = children[-2:]
        return syntax.For(
            span=_tokens(opener, closer),
            key=names[0],
            value=names[1],
            collection=collection,
            result_key=key,
            result=result,
            condition=condition,
            grouped=len(children) == 10,  # noqa: PLR2004 - with the ellipsis there is one child more
        )

    # Paths

    def path_attribute(self, children: list[Any]) -> list[Any]:
        """``.name``."""
        path, token = children
        step = Step("attribute", token.text[1:].lstrip(" \t"), token.start, token.end)
        return extend(path, step)

    def path_dot(self, children: list[Any]) -> list[Any]:
        """``.0``, ``.*`` and a name that a comment separates from its dot."""
        path, dot, token = children
        if token.type == "STAR":
            return extend(path, Step("each", None, dot.start, token.end))
        if token.type == "IDENT":
            return extend(path, Step("attribute", token.text, dot.start, token.end))
        place = _tokens(token, token)
        value = _number(token) if token.text.isdigit() else 0
        if not token.text.isdigit():
            place.source.report(
                "legacy_index",
                f'".{token.text}" is not an index',
                f"Write the indexes in brackets: [{']['.join(token.text.split('.'))}].",
                token.start,
                token.end,
            )
        return extend(path, Step("index", syntax.Literal(span=place, value=value), dot.start, token.end))

    def path_index(self, children: list[Any]) -> list[Any]:
        """``[key]``."""
        path, opener, key, closer = children
        return extend(path, Step("index", key, opener.start, closer.end))

    def path_splat(self, children: list[Any]) -> list[Any]:
        """``[*]``."""
        path, opener, star, closer = children
        if opener.frame.newlines and closer.start - opener.end > 1:
            _check_line(opener, star, closer)
        return extend(path, Step("splat", None, opener.start, closer.end))

    def traversal(self, children: list[Any]) -> syntax.Expression:
        """Nest a root and its steps."""
        root, *steps = children[0]
        return nest(root, steps)

    # Templates

    def quoted(self, children: list[Any]) -> syntax.Expression:
        """``"…${…}…"``."""
        return templates.quoted(children[1], children[0], children[2])

    def heredoc(self, children: list[Any]) -> syntax.Expression:
        """``<<EOT``."""
        return templates.heredoc(children[1], children[0], children[2])

    def parts_start(self, _children: list[Any]) -> list[Any]:
        """Begin a template's parts."""
        return []

    def parts_more(self, children: list[Any]) -> list[Any]:
        """Add text."""
        parts: list[Any] = children[0]
        parts.append(children[1])
        return parts

    def parts_interpolation(self, children: list[Any]) -> list[Any]:
        """``${value}``."""
        parts, first, value, last = children
        return _add(parts, templates.Sequence(first, last, value))

    def parts_if(self, children: list[Any]) -> list[Any]:
        """``%{ if … }…%{ endif }``."""
        parts, first, value, opened, body, closing, last = children
        return _add(parts, templates.Sequence(first, last, value, opened=opened, body=body, closing=closing))

    def parts_if_else(self, children: list[Any]) -> list[Any]:
        """``%{ if … }…%{ else }…%{ endif }``."""
        parts, first, value, opened, body, begins, ends, other, closing, last = children
        return _add(
            parts,
            templates.Sequence(
                first,
                last,
                value,
                opened=opened,
                body=body,
                middle=(begins, ends),
                other=other,
                closing=closing,
            ),
        )

    def parts_for(self, children: list[Any]) -> list[Any]:
        """``%{ for … }…%{ endfor }``."""
        parts, first, names, value, opened, body, closing, last = children
        return _add(
            parts,
            templates.Sequence(first, last, value, opened=opened, body=body, closing=closing, names=names),
        )


def _add(parts: list[Any], part: templates.Sequence) -> list[Any]:
    parts.append(part)
    return parts


def _plain(token: Token) -> str:
    """The characters that a quoted string without interpolation means."""
    text = token.text[1:-1]
    if "\\" in text or "{" in text or not text.isascii():
        return templates.unescape(token.frame.source, text, token.start + 1)
    return text


def _number(token: Token) -> Number:
    text = token.text
    if not text.isdigit() and _NUMBER.fullmatch(text) is None:
        token.frame.source.report(
            "number_malformed",
            f"{text[:40]} is not a number",
            "A number has at most one decimal point. Write text in quotes.",
            token.start,
            token.end,
        )
        return 0
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or (exponent and (len(exponent) > 4 or abs(int(exponent)) > MAX_DIGITS)):  # noqa: PLR2004
        token.frame.source.report(
            "number_out_of_range",
            "This number is too long",
            f"A number has at most {MAX_DIGITS} digits and an exponent of at most {MAX_DIGITS}.",
            token.start,
            token.end,
        )
        return 0
    if text.isdigit() and len(text) <= _SURE_DIGITS:
        return int(text)
    return number_of(mantissa, int(exponent or 0))


def _check_keys(items: list[Any]) -> None:
    """A key that is written twice: HCL would silently drop the first."""
    seen: dict[Any, Any] = {}
    for item in items:
        if isinstance(item.key, syntax.Literal):
            place: Any = item.key.span
            if seen.setdefault(item.key.value, place) is not place:
                place.source.doubt(
                    "duplicate_key",
                    f"This object has the key {place.text[:40]} twice",
                    f"It stands on line {seen[item.key.value].line} already: keep one of the two.",
                    place.first,
                    place.last,
                )
