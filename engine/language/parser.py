"""Lark's LALR tables drive the parse; this module feeds them token by token.

When a token does not fit, it says why, forgets the item it stood in, reads on to the end of that item and continues there,
so that one pass finds all errors.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from engine.diagnostics import Diagnostic
from engine.language import syntax
from engine.language.bodies import whole
from engine.language.build import Builder
from engine.language.scan import Scanner
from engine.language.source import Source
from engine.language.tables import APPEND, Tables
from engine.language.tokens import BLOCK, Frame, Token

if TYPE_CHECKING:
    from engine.language.unread import Broken

#: After so many errors the rest of a file is not worth reading; that it was not read is said.
MAX_ERRORS = 1000
#: What to do then.
TOO_MANY = "Is it a definition? Mend some of them, and check it again."

#: What is wrong inside these shows when they are built, which an error behind them prevents.
_LITERALS = {"NUMBER": Builder().number, "STRING": Builder().string}
_NEW_ITEM = re.compile(
    r'[^\W\d][\w-]*+(?:[ \t]*+=(?!=|>)|(?:[ \t]++(?:"[^"\n]*+"|[^\W\d][\w-]*+))*+[ \t]*+\{[ \t]*+\r?\n)'
)


class Parser:
    """One run over one source: the LALR algorithm over Lark's tables, with its stack open to repair."""

    def __init__(self, source: Source, made: Tables) -> None:
        """Take the text, and Lark's tables."""
        self.source = source
        self.scanner = Scanner(source)
        self.tables = made
        self.states: list[int] = [made.start]
        self.values: list[Any] = []
        #: The rest of the file was not read, and that is said.
        self.gave_up = False
        #: Where items of objects stand that could not be read, and have something in their place.
        self.replaced: list[int] = []
        #: What the end of the file shows after other errors: perhaps it only comes of them.
        self.late: list[Diagnostic] = []

    def run(self) -> syntax.Body:  # noqa: C901, PLR0912 - one loop, written out: a call for each token is a fifth of a parse
        """The tree, as far as there is one; what is wrong was reported to the source."""
        before: Token | None = None
        tokens = self.scanner.tokens()
        states, values, actions, gotos = self.states, self.values, self.tables.actions, self.tables.gotos
        end = self.tables.end
        for token in tokens:
            # `_feed`, with what often follows one another done at once.
            kind = token.type
            action = actions[states[-1]].get(kind)
            while action is not None:
                build, count, then = action
                if build is None:
                    if not then:
                        if count == APPEND:
                            values[-1].append(token)
                        else:
                            states.append(count)
                            values.append(token)
                        break
                    states.pop()  # the value on top stays as it is
                elif count == 1:
                    states.pop()
                    values[-1] = build(values[-1:])
                elif count:
                    del states[-count:]
                    values[-count:] = (build(values[-count:]),)
                else:
                    values.append(build([]))
                goto = gotos[states[-1]]
                state = goto[then]
                action = actions[state].get(kind)
                while action is not None and action[0] is None and action[2]:
                    state = goto[action[2]]
                    action = actions[state].get(kind)
                states.append(state)
                if state == end:
                    return whole(values[0], self.source)
            if action is not None:
                before = token
                continue
            kept = self._report(token, before)
            if len(self.source.diagnostics) >= MAX_ERRORS:
                self._give_up(token)
                break
            before = self._recover(self._item_at(token, before) or token, tokens, kept)
            if before.type == "$END":
                break
        return whole(self._close(), self.source)

    def _give_up(self, token: Token) -> None:
        self.gave_up = token.type != "$END"
        if self.gave_up:
            self.source.report(
                "too_many_errors",
                f"The rest of the file was not read: at least {MAX_ERRORS} errors stand before this",
                TOO_MANY,
                token.end,
                token.end,
            )
            self.late.append(self.source.diagnostics.pop())

    def _feed(self, token: Token) -> bool:
        """Reduce as far as the token asks for, then shift it; False if it does not fit."""
        states, values, actions = self.states, self.values, self.tables.actions
        kind = token.type
        while True:
            action = actions[states[-1]].get(kind)
            if action is None:
                return False
            build, count, then = action
            if build is None:
                if not then:
                    if count == APPEND:
                        values[-1].append(token)
                    else:
                        states.append(count)
                        values.append(token)
                    return True
                states[-1] = self.tables.gotos[states[-2]][then]
                continue
            if count:
                children = values[-count:]
                del states[-count:], values[-count:]
            else:
                children = []
            values.append(build(children))
            state = self.tables.gotos[states[-1]][then]
            states.append(state)
            if state == self.tables.end:
                return True

    def _report(self, token: Token, before: Token | None) -> "Broken | None":
        """Report what is wrong; return the attribute in whose value it is, if it is plain where that ends."""
        from engine.language.refusals import Refused, refusals  # most files have no error
        from engine.language.unread import BOUNDLESS, broken

        if before is not None and self.values and self.values[-1] is before and before.type in _LITERALS:
            _LITERALS[before.type]([before])
        content, item = self._broken_item()
        refused = Refused(
            token=token,
            before=before,
            expected=self.tables.actions[self.states[-1]],
            content=content,
            item=item,
            values=self.values,
            next_item=self._item_at(token, before),
            suspect=self.scanner.suspect,
        )
        begun = item[0].start if item and isinstance(item[0], Token) else None
        codes = []
        for problem, (start, end) in refusals(refused):
            codes.append(problem.code)
            self.source.report(
                *problem.told, start, end, opened=problem.opened, item=begun, signs=problem.signs
            )
        if token.type == "$END":
            self.late.append(self.source.diagnostics.pop())
        found = broken(content, item, token, continued="expression_continued" in codes)
        if BOUNDLESS.intersection(codes) and not (
            found and codes == ["unclosed"] and self._ends(found, token, before)
        ):
            return None
        return found

    def _ends(self, found: "Broken", token: Token, before: Token | None) -> bool:
        """Whether it is plain where a value ends in which a bracket is open: at the next item, or its block's brace."""
        following = self._item_at(token, before)
        if following is not None:
            return self.source.indentation(following.start) == self.source.indentation(found.first)
        closed = self.scanner.stack[-1]
        if token.text != "}" or closed.opener is None or closed.kind != BLOCK:
            return False
        return self.source.indentation(token.start) == self.source.indentation(closed.opener.start)

    def _broken_item(self) -> tuple[list[Any], list[Any]]:
        """What was read of the innermost body, and of its item that breaks off here."""
        for i in range(len(self.states) - 1, -1, -1):
            gotos = self.tables.gotos[self.states[i]]
            if "attribute" in gotos:
                return self.values[i - 1], self.values[i:]
            if "content" in gotos:
                break
        return [], self.values[i:]

    def _item_at(self, token: Token, before: Token | None) -> Token | None:
        """The token that begins the next attribute or block, when a token does not fit because of that."""
        if self._begins_item(token):
            return token
        return (
            before
            if before is not None and token.frame is before.frame and self._begins_item(before)
            else None
        )

    def _begins_item(self, token: Token) -> bool:
        """Whether a token between brackets plainly begins the next attribute or block: a bracket was not closed."""
        if token.type != "IDENT" or token.frame.newlines:
            return False
        text = self.source.text
        line = text.rfind("\n", 0, token.start) + 1
        return not text[line : token.start].strip() and _NEW_ITEM.match(text, token.start) is not None

    def _recover(self, token: Token, tokens: Iterator[Token], kept: "Broken | None") -> Token:
        """Forget the broken item and read to its end; the token that is returned is the last one that was read.

        Of an attribute that is `kept` its name stays, if nothing up to its end puts in doubt where that is.
        """
        from engine.language.repairs import is_header
        from engine.language.unread import BOUNDLESS, keep

        if is_header(self.values, token):
            return self._read_on_in_header(token, tokens)
        token, boundless, replaced = self._recover_in_object(token, tokens)
        if replaced:
            return token
        kept = None if boundless else kept
        frame = self._unwind()
        stack = self.scanner.stack
        while token.type != "$END":
            if token.type == "INVALID" and token.problem.code in BOUNDLESS:
                plain = (
                    kept is not None and token.problem.code == "unclosed" and self._ends(kept, token, None)
                )
                kept = kept if plain else None
            if token.frame is frame and token.type in ("NEWLINE", "RBRACE"):
                if kept is not None:
                    self._keep(kept, token, frame)
                self._feed(token)
                return token
            if frame in stack and self._begins_item(token):
                del stack[stack.index(frame) + 1 :]
                frame.value = False
                self.scanner.position = token.start
                line_break = Token("NEWLINE", "\n", token.start, frame)
                if kept is not None and self._ends(kept, token, None):
                    keep(self.values[-1], kept, len(self.source.text[: token.start].rstrip()), self.source)
                    self._feed(line_break)
                return line_break
            token = next(tokens)
        return token

    def _keep(self, kept: "Broken", token: Token, frame: Frame) -> None:
        """Leave the name of an attribute whose value ends at a line break or a brace, unless its block should end there."""
        from engine.language.repairs import hanging
        from engine.language.unread import keep

        one_line = frame.kind == BLOCK and not any(isinstance(each, Token) for each in self.values[-1])
        end = token.start
        if token.type == "NEWLINE" and not self.source.text[kept.value : end].strip():
            end = hanging(self.source, kept.first, end) or end
            self.scanner.position = max(end, self.scanner.position)
        if token.type == "NEWLINE" and one_line:
            return
        last = len(self.source.text[:end].rstrip())
        own_line = token.type == "RBRACE" and "\n" in self.source.text[last:end]
        keep(self.values[-1], kept, last if own_line else end, self.source)
        if own_line:
            self._feed(Token("NEWLINE", "\n", token.start, frame))

    def _recover_in_object(self, token: Token, tokens: Iterator[Token]) -> tuple[Token, bool, bool]:
        """Put something in the place of an object's broken item, and read on behind it if the object goes on there.

        Returns the last token that was read, whether an error leaves in doubt where the item ends, and whether it went on.
        """
        from engine.language.repairs import open_item
        from engine.language.unread import BOUNDLESS

        item = open_item(self.tables, self.states, self.values)
        stack, frame, boundless = self.scanner.stack, item and item.frame, False
        if item is None or frame is None or frame.opener is None:
            return token, boundless, False
        left = self.source.indentation(frame.opener.start)
        while token.type != "$END":
            boundless |= token.type == "INVALID" and token.problem.code in BOUNDLESS
            if token.frame is frame and token.type in ("NEWLINE", "COMMA", "RBRACE"):
                break
            if frame not in stack:
                return token, boundless, False
            if self._begins_item(token):
                if self.source.indentation(token.start) <= left:
                    return token, boundless, False
                del stack[stack.index(frame) + 1 :]
                self.scanner.position = token.start
                token = Token("NEWLINE", "\n", token.start, frame)
                break
            token = next(tokens)
        else:
            return token, boundless, False
        del self.values[item.kept :], self.states[item.kept + 1 :]
        self.replaced.append(item.start)
        for kind, text in (("IDENT", f"_{token.start}"), ("EQUAL", "="))[2 * item.keyed :]:
            self._feed(Token(kind, text, item.start, frame))
        self._feed(Token("IDENT", "null", item.start, frame))
        self._feed(token)
        return token, boundless, True

    def _read_on_in_header(self, token: Token, tokens: Iterator[Token]) -> Token:
        """Pass over what is no label, up to the brace that the line ends with."""
        while token.type not in ("LBRACE", "NEWLINE", "$END"):
            if token.type in ("IDENT", "STRING"):
                self._feed(token)
            token = next(tokens)
        self._feed(token)
        return token

    def _unwind(self) -> Frame:
        """Pop the parser back to the innermost body it is in, and say which frame that is."""
        gotos = self.tables.gotos
        while "attribute" not in gotos[self.states[-1]]:
            if "content" in gotos[self.states[-1]]:
                self.states.append(gotos[self.states[-1]]["content"])
                self.values.append([])
                break
            self.states.pop()
            self.values.pop()
        frame: Frame = self.values[-2].opens if len(self.values) > 1 else self.scanner.file
        return frame

    def _close(self) -> list[Any]:
        """The items of the file when it ends too early: blocks that are still open are taken as closed."""
        end = len(self.source.text)
        self._unwind()
        while len(self.values) > 1:
            one_line = not any(isinstance(each, Token) for each in self.values[-1])
            for kind in ("RBRACE", "NEWLINE") if one_line else ("NEWLINE", "RBRACE", "NEWLINE"):
                self._feed(Token(kind, "", end, self.scanner.file))
            self._unwind()
        content: list[Any] = self.values[0]
        return content
