"""The scanner: characters in, tokens out, with a stack of modes.

HCL cannot be cut into tokens without knowing where one is: a newline ends an attribute but means nothing between
parentheses, ``}`` ends a block, an object or an interpolation, and inside quotes nearly everything is text. Each opener
pushes a `Frame` that says what closes it, whether newlines count and which master expression reads on; each closer
pops one, and only the right closer does. What cannot be a token becomes an ``INVALID`` token that carries its problem,
so that the parser reports it in place and reads on.
"""

import re
from collections.abc import Iterator
from typing import Any

from engine.language.characters import character_problem
from engine.language.complaints import UNCLOSED_STRING, still_open
from engine.language.identifiers import begins_name, continues_name
from engine.language.source import Source
from engine.language.tokens import (
    BLOCK,
    BODIES,
    CALL,
    DIRECTIVE,
    FILE,
    FOR_OBJECT,
    FOR_TUPLE,
    HEREDOC,
    INDEX,
    INTERPOLATION,
    OBJECT,
    PARENTHESES,
    QUOTED,
    TUPLE,
    Frame,
    Problem,
    Token,
    opening,
)  # fmt: skip

#: How many brackets, blocks and templates may be open at once.
MAX_NESTING = 100

_GAP = r"(?:[ \t\r\n]|\#[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/)*+"
_CODE = re.compile(
    r"""[ \t]*+(?:
      (?P<IDENT> [^\W\d][\w-]*+ )
    | (?P<ELLIPSIS> \.\.\. )
    | (?P<ATTR> \.[ \t]*+[^\W\d][\w-]*+ )
    | (?P<EQUAL> =(?![=>]) )
    | (?P<STRING> "(?:[^"\\\r\n$%]++|\\[^\r\n]|\$\$\{|%%\{|[$%](?!\{))*+" )
    | (?P<NEWLINE> (?:\r?\n|(?:\#|//)[^\n]*+(?:\n|\Z)) (?:[ \t]++|\r?\n|(?:\#|//)[^\n]*+(?:\n|\Z))*+ )
    | (?P<NUMBER> [0-9]++(?:\.*+(?:[0-9]|[eE][+-]?[0-9]))*+ )
    | (?P<COMMENT> /\*(?s:.*?)\*/ )
    | (?P<OPENER> [({\[] )
    | (?P<CLOSER> ~?\} | [)\]] )
    | (?P<HEREDOC> <<-?[^\W\d][\w-]*+\r?\n )
    | (?P<QUOTE> " )
    | (?P<OTHER> /\*| :: | == | != | <= | >= | && | \|\| | => | [-+*/%<>!?:,.] )
    | (?P<END> \Z )
    | (?P<UNKNOWN> (?s:.) )
    )""",
    re.VERBOSE,
)
_FOR = re.compile(rf"{_GAP}for(?![\w-])")
_SEQUENCES = rf"""
    | (?P<INTERPOLATION> \$\{{~? )
    | (?P<DIRECTIVE> %\{{~?{_GAP}(?P<keyword>[\w-]*+) )"""
_QUOTED = re.compile(
    r"""(?P<TEXT> (?:[^"\\\r\n$%]++|\\[^\r\n]|\$\$\{|%%\{|[$%](?!\{))++ ) | (?P<QUOTE_END> " )"""
    + _SEQUENCES,
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"""(?P<TEXT> (?:[^\n$%]++|\$\$\{|%%\{|[$%](?!\{))++\n? | \n )""" + _SEQUENCES,
    re.VERBOSE,
)
_LINE_BREAKS = re.compile(r"[\r\n]*+")
_NAMED = frozenset({"IDENT", "ATTR"})
_DIRECTIVES = {
    "if": "DIRECTIVE_IF",
    "else": "DIRECTIVE_ELSE",
    "endif": "DIRECTIVE_ENDIF",
    "for": "DIRECTIVE_FOR",
    "endfor": "DIRECTIVE_ENDFOR",
}
_DIRECTIVE_DEPTH = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
_SYMBOLS = {
    "=>": "ARROW", "?": "QUESTION", ":": "COLON", "::": "SCOPE", ",": "COMMA", ".": "DOT", "-": "MINUS", "*": "STAR",
    "!": "BANG",
} | dict.fromkeys(("==", "!=", "<=", ">=", "<", ">", "&&", "||", "+", "/", "%"), "OPERATOR")  # fmt: skip
_BRACKETS = {"(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE"}
#: After one of these a ``[`` asks for an element and a ``(`` calls.
_VALUE_ENDS = frozenset(
    {"IDENT", "ATTR", "STRING", "NUMBER", "QUOTE_END", "HEREDOC_END", "RPAR", "RSQB", "RBRACE", "STAR"}
)


class Scanner:
    """Reads one source. The parser may truncate `stack` and set `position` to read on after an error."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.position = 0
        self.file = Frame(FILE, None, source)
        self.stack = [self.file]
        #: The first block whose brace was probably meant for the one around it, and where that brace is.
        self.suspect: tuple[Frame, int] | None = None

    def tokens(self) -> Iterator[Token]:  # noqa: C901 - the loop that everything goes through
        """The tokens from `position` on, ending with ``$END``; each leaves `position` behind itself."""
        text = self.source.text
        stack = self.stack
        match = _CODE.match
        rare = {
            "OTHER": self._other,
            "OPENER": self._open,
            "CLOSER": self._close,
            "HEREDOC": self._heredoc_opens,
            "QUOTE": self._quote,
            "END": self._end,
            "UNKNOWN": self._unknown,
        }
        ascii_only = text.isascii()
        previous = ""
        while previous != "$END":
            frame = stack[-1]
            if frame.text:
                token = self._quoted(frame) if frame.kind == QUOTED else self._heredoc(frame)
            else:
                found: Any = match(text, self.position)
                kind = found.lastgroup
                start, end = found.span(kind)
                self.position = end
                if kind == "NEWLINE":
                    if previous == "NEWLINE" or not frame.newlines:
                        continue
                    frame.value = False
                    token = Token("NEWLINE", "\n", start, frame)
                elif kind == "EQUAL":
                    frame.value = True
                    token = Token("EQUAL", "=", start, frame)
                elif kind in rare:
                    token = rare[kind](text[start:end], start, frame, previous)
                elif kind == "COMMENT":
                    continue
                else:  # names, strings, numbers and "..." are what they are called
                    token = Token(kind, text[start:end], start, frame)
                    if kind in _NAMED:
                        if not ascii_only and (not token.text.isascii() or text[end : end + 1] > "\x7f"):
                            self._widen(token)
                        if frame.names:
                            _keyword(token, frame, previous)
            previous = token.type
            yield token

    def _other(self, symbol: str, start: int, frame: Frame, _previous: str) -> Token:
        if symbol == "/*":
            self.position = len(self.source.text)
            return self._invalid(
                "unclosed_comment",
                'This "/*" is never closed',
                'Write "*/" where the comment ends.',
                start,
                2,
                frame,
            )
        return Token(_SYMBOLS[symbol], symbol, start, frame)

    def _quote(self, text: str, start: int, frame: Frame, _previous: str) -> Token:
        return self._push(QUOTED, Token("QUOTE", text, start, frame))

    def _heredoc_opens(self, text: str, start: int, frame: Frame, _previous: str) -> Token:
        token = self._push(HEREDOC, Token("HEREDOC", text, start, frame))
        name = text.strip().lstrip("<").removeprefix("-")
        self.stack[-1].marker = re.compile(rf"[^\S\n]*+{re.escape(name)}[^\S\n]*+(?=\n)")
        return token

    def _end(self, _text: str, start: int, frame: Frame, _previous: str) -> Token:
        return Token("$END", "", start, frame)

    def _open(self, text: str, start: int, frame: Frame, previous: str) -> Token:
        if text == "{" and frame.kind in BODIES and not frame.value:
            return self._push(BLOCK, Token("LBRACE", text, start, frame))
        if text == "(":
            kind = CALL if previous == "IDENT" else PARENTHESES
            return self._push(kind, Token("LPAR", text, start, frame))
        found = _FOR.match(self.source.text, start + 1)
        if found is not None:
            self.position = found.end()
            kind, name = (FOR_TUPLE, "FOR_SQB") if text == "[" else (FOR_OBJECT, "FOR_BRACE")
            token = self._push(kind, Token(name, self.source.text[start : found.end()], start, frame))
            self.stack[-1].naming = token.type != "INVALID"
            return token
        if text == "{":
            return self._push(OBJECT, Token("LBRACE", text, start, frame))
        return self._push(INDEX if previous in _VALUE_ENDS else TUPLE, Token("LSQB", text, start, frame))

    def _push(self, kind: str, token: Token) -> Token:
        if len(self.stack) + token.frame.directives > MAX_NESTING:
            self.position = len(self.source.text)
            del self.stack[1:]
            return self._invalid(
                "nested_too_deeply",
                f"This is nested more than {MAX_NESTING} levels deep",
                "Move inner parts into locals. The rest of the file was not read.",
                token.start,
                len(token.text),
                token.frame,
            )
        token.opens = Frame(kind, token, self.source)
        self.stack.append(token.opens)
        return token

    def _close(self, text: str, start: int, frame: Frame, _previous: str) -> Token:
        stack = self.stack
        closer = text[-1]
        if frame.closer == closer and (len(text) == 1 or frame.kind in (INTERPOLATION, DIRECTIVE)):
            stack.pop()
            if frame.kind == BLOCK and self.suspect is None and self._outdented(frame, start):
                self.suspect = (frame, start)
            name = "TEMPLATE_END" if frame.kind in (INTERPOLATION, DIRECTIVE) else _BRACKETS[closer]
            return Token(name, text, start, frame)
        if len(text) > 1:
            return self._invalid(
                "strip_marker_misplaced",
                'A strip marker "~" may only stand before the "}" of a template sequence',
                'Remove the "~".',
                start,
                2,
                frame,
                resume=start + 1,
            )
        # Somebody forgot a closer, or wrote one too many: the nearest opener that fits decides which.
        for depth in range(len(stack) - 1, 0, -1):
            if stack[depth].closer == closer and stack[depth].kind not in (QUOTED, HEREDOC):
                del stack[depth + 1 :]
                inner = still_open(frame)
                return self._invalid(*inner.told, start, 1, frame, resume=start, opened=inner.opened)
            if stack[depth].kind in (QUOTED, HEREDOC):
                break
        if frame.kind not in BODIES and frame.opener is not None:
            opened = frame.opener.text[0]
            line = self.source.position(frame.opener.start)[0]
            return self._invalid(
                "mismatched",
                f'This "{closer}" does not close the "{opened}" of line {line}',
                f'Write "{frame.closer}" where the "{opened}" ends.',
                start,
                1,
                frame,
                opened=opening(frame.opener),
            )
        return self._invalid(
            "unopened",
            f'This "{closer}" closes nothing',
            "Remove it, or write the opening bracket that it belongs to.",
            start,
            1,
            frame,
        )

    def _outdented(self, frame: Frame, closed: int) -> bool:
        """Whether a brace stands further left than its opener's line: then it was meant for another one."""
        indentation = self.source.indentation
        return frame.opener is not None and indentation(closed) < indentation(frame.opener.start)

    def _invalid(
        self,
        code: str,
        summary: str,
        detail: str,
        start: int,
        length: int,
        frame: Frame,
        *,
        resume: int | None = None,
        opened: tuple[int, int] | None = None,
    ) -> Token:
        token = Token("INVALID", self.source.text[start : start + length], start, frame)
        token.problem = Problem(code, summary, detail, opened)
        if resume is not None:
            self.position = resume
        return token

    def _unknown(self, char: str, start: int, frame: Frame, _previous: str) -> Token:
        if char > "\x7f" and begins_name(char):
            token = Token("IDENT", char, start, frame)
            self._widen(token)
            return token
        return self._invalid(*character_problem(char).told, start, 1, frame)

    def _widen(self, token: Token) -> None:
        r"""Let the name end where Unicode says that it ends: beyond ASCII, ``\w`` is only nearly right."""
        text = self.source.text
        lead = len(token.text) - len(token.text.lstrip(". \t"))
        end = token.start + lead
        while end < len(text) and continues_name(text[end]):
            end += 1
        token.text = text[token.start : end]
        token.end = self.position = end
        if end == token.start + lead or not begins_name(text[token.start + lead]):
            token.type = "INVALID"
            char = text[token.start + lead]
            token.text, token.end = char, token.start + lead + 1
            self.position = token.end
            token.problem = Problem(
                "unknown_character",
                f"{char!r} cannot begin a name",
                "Names begin with a letter or an underscore.",
            )

    def _quoted(self, frame: Frame) -> Token:
        text, at = self.source.text, self.position
        found = _QUOTED.match(text, at)
        if found is None:
            # A newline, a lone backslash before one, or the end of the file: the string ends here for certain.
            self.stack.pop()
            backslash = text.startswith("\\", at)
            length = 1 if backslash else _LINE_BREAKS.match(text, at).end() - at  # type: ignore[union-attr]
            return self._invalid(
                *UNCLOSED_STRING.told,
                at,
                length,
                frame,
                resume=at + backslash,
                opened=opening(frame.opener),
            )
        return self._template(found, frame)

    def _heredoc(self, frame: Frame) -> Token:
        text = self.source.text
        start = at = self.position
        marker = frame.marker
        assert marker is not None  # noqa: S101 - set when the heredoc was opened
        while True:
            if at == 0 or text[at - 1] == "\n":
                closing = marker.match(text, at)
                if closing is not None:
                    if at > start:
                        break
                    self.stack.pop()
                    # The line break belongs to what follows, a carriage return before it as well.
                    end = closing.end() - (1 if closing[0].endswith("\r") else 0)
                    self.position = end
                    return Token("HEREDOC_END", text[start:end], start, frame)
            found = _HEREDOC.match(text, at)
            if found is None or found.lastgroup != "TEXT":
                break
            at = found.end()
        if at > start:
            self.position = at
            return Token("TEXT", text[start:at], start, frame)
        if found is None:
            self.stack.pop()
            self.position = len(text)
            opener = frame.opener
            assert opener is not None  # noqa: S101 - a heredoc has its opener
            shown = opener.text.strip()
            name = shown.lstrip("<").removeprefix("-")
            ends = text[text.rfind("\n") + 1 :].strip() == name
            return self._invalid(
                "unclosed_heredoc",
                f'The heredoc "{shown}" of line {self.source.position(opener.start)[0]} is never closed',
                f"End the line of {name} with a line break: it is the last one, and has none."
                if ends
                else f"Write {name} alone on a line where the text ends.",
                len(text),
                0,
                frame,
                opened=opening(opener),
            )
        return self._template(found, frame)

    def _template(self, found: re.Match[str], frame: Frame) -> Token:
        """One token inside a quoted or heredoc template."""
        kind = "DIRECTIVE" if found["DIRECTIVE"] is not None else found.lastgroup
        assert kind is not None  # noqa: S101 - every alternative is named
        token = Token(kind, found[0], found.start(), frame)
        self.position = found.end()
        if kind == "QUOTE_END":
            self.stack.pop()
        elif kind == "INTERPOLATION":
            token = self._push(INTERPOLATION, token)
        elif kind == "DIRECTIVE":
            keyword = found["keyword"]
            if keyword not in _DIRECTIVES:
                return self._invalid(
                    "unknown_directive",
                    f'"{keyword}" is not a template directive'
                    if keyword
                    else "A template directive needs a name",
                    "The directives are if, else, endif, for and endfor. Write %%{ for the characters themselves.",
                    found.start("keyword"),
                    len(keyword),
                    frame,
                )
            token.type = _DIRECTIVES[keyword]
            frame.directives += _DIRECTIVE_DEPTH.get(keyword, 0)
            token = self._push(DIRECTIVE, token)
            self.stack[-1].naming = keyword == "for" and token.type != "INVALID"
        return token


def _keyword(token: Token, frame: Frame, previous: str) -> None:
    """``in`` and ``if`` are ordinary names everywhere but in a `for`, where each is a keyword in one place."""
    if token.type != "IDENT" or previous == "DOT":
        return
    if frame.naming:
        if token.text == "in" and previous == "IDENT":
            token.type = "IN"
            frame.naming = False
    elif token.text == "if" and frame.kind != DIRECTIVE:
        token.type = "IF"
