"""Which problems only follow from others, so that telling them helps nobody."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from engine.diagnostics import Diagnostic, Severity, Span
from engine.frozen import frozen
from engine.language import syntax
from engine.machine.shapes import FILE

#: Problems that say that something is not there: where a broken part may hide it, they say nothing.
ABSENCES = frozenset(
    {
        "alias_without_state",
        "completion_without_state",
        "conflicts",
        "dead_end",
        "empty_definition",
        "endless_loop",
        "event_never_fired",
        "event_never_handled",
        "event_without_end",
        "history_without_states",
        "initial_state_unregistered",
        "initial_without_states",
        "missing_attribute",
        "missing_block",
        "property_claims",
        "state_id_alias_mapping_not_found",
        "transition_state_unregistered",
        "unknown_name",
        "unknown_state",
        "unreachable_state",
        "unused_local",
        "unused_variable",
        "variable_without_value",
    }
)
#: Those of them that any broken part may hide, wherever it is: uses and values come from everywhere.
_ANYWHERE = frozenset(
    {
        "empty_definition",
        "event_never_fired",
        "event_never_handled",
        "unused_local",
        "unused_variable",
        "variable_without_value",
    }
)
#: Those that any error hides, even where no more than a single value is not known.
_ALWAYS = frozenset({"empty_definition"})
#: What may only seem so within a block of the top of a file because the value of an attribute there is not known.
_FOLLOWS: Mapping[str, frozenset[str]] = {
    "alias": frozenset({"state_id_alias_mapping_not_found"}),
    "final": frozenset({"completion_without_state", "event_without_end"}),
    "needs": frozenset({"conflicts"}),
    "transition": frozenset({"endless_loop", "history_without_target"}),
}
#: Errors after which every word has its place and its meaning.
_HARMLESS = frozenset({"duplicate_attribute", "duplicate_key"})
#: Errors that leave everything in its place, if what they mark begins something that could be read.
_OF_LAYOUT = frozenset({"block_in_one_line_block", "line_break_missing", "one_line_block_too_long"})
#: The blocks that declare names of expressions, by the root of the names; they hold no states.
_DECLARING = {"local": "locals", "var": "variable"}
#: Errors after which nobody knows where the text goes on.
_ENDLESS = frozenset({"unclosed_heredoc", "unclosed_comment"})
#: The error of a bracket that is still open where something else begins or ends.
_OPEN = "unclosed"
#: The error of a block that begins on its opening line and goes on: it takes the next brace for its own.
_TAKES_A_BRACE = "one_line_block_unclosed"
#: The braces whose absence, or presence, moves what follows them into another block.
_BRACES = {"unclosed": "{", "unopened": "}"}
#: Errors that may be one with a missing opening brace, so that a later closing brace seems to be one too many.
_TAKE_AN_OPENER = frozenset(
    {"item_incomplete", "label_expected", "mismatched", "unclosed", "unclosed_string", "value_missing"}
)


@frozen
class _Region:
    """Bytes of a file."""

    filename: str
    start: int
    #: None = to the end of the file.
    end: int | None

    def touches(self, span: Span) -> bool:
        """Whether a range has bytes in it."""
        before = self.end is not None and span.start >= self.end
        return span.filename == self.filename and not before and span.end > self.start


class Damage:
    """What the syntax errors of a module's texts leave in doubt."""

    def __init__(self, said: Iterable[Diagnostic], tree: syntax.Body, texts: Mapping[str, str]) -> None:
        """Take the problems of the texts, some of which may be of other files, and what could be read of them."""
        errors = [d for d in said if d.severity is Severity.ERROR and d.subject is not None]
        places = [d.subject for d in errors if d.subject is not None and d.subject.filename in texts]
        #: There is a syntax error.
        self.broken = bool(places)
        self._errors = [_Region(filename=p.filename, start=p.start, end=p.end + 1) for p in places]
        self._texts = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
        self._tops = [block for block in tree.blocks if block.type in FILE.blocks]
        #: The attributes whose values are not known, and where they stand.
        self._unread = [
            (
                attribute.name,
                _Region(filename=span.filename, start=span.start, end=span.end + 1),
                self._top(span),
            )
            for attribute in _items_in(tree)
            if isinstance(attribute, syntax.Attribute) and isinstance(attribute.value, syntax.Unread)
            for span in (attribute.span,)
        ]
        #: Where everything begins that could be read.
        self._begun = {(each.span.filename, each.span.start) for each in _items_in(tree)} if errors else set()
        self._begun |= {
            (d.subject.filename, d.subject.start)
            for d in errors
            if d.subject is not None and d.code in _HARMLESS
        }
        #: The places of the other errors, after which more than a value may be missing.
        open_ = [
            (d, d.subject)
            for d in errors
            if d.subject is not None and d.subject.filename in texts and not self._is_confined(d, d.subject)
        ]
        self._open = [_Region(filename=p.filename, start=p.start, end=p.end + 1) for _, p in open_]
        #: For each of them, the block around it that is whole but for it; None where more may be broken.
        self._around = [None if d.code in _ENDLESS else self._top(place) for d, place in open_]
        self._declared = {"local": set[str](), "var": set[str]()}
        opened = self._find_declared(tree)
        #: Only ends of blocks are missing: every word was read, and what is declared stands somewhere in the tree.
        self._complete = all((p.filename, p.start) in opened for _, p in open_)
        self._nesting = [
            region
            for d in errors
            if d.subject is not None and d.subject.filename in texts and d.code in _BRACES
            for region in _misnested(d, d.subject, tree, texts[d.subject.filename])
        ]

    def spares(self, block: syntax.Block) -> bool:
        """Whether a block is whole, and where it seems to be."""
        return not any(region.touches(block.span) for region in (*self._errors, *self._nesting))

    def hides_part_of(self, span: Span) -> bool:
        """Whether more than values may be missing of a block, or it may stand in the wrong one."""
        return any(region.touches(span) for region in (*self._open, *self._nesting))

    def misplaces(self, span: Span) -> bool:
        """Whether what stands there may stand in the wrong block."""
        return any(region.touches(span) for region in self._nesting)

    def explains(self, problem: Diagnostic) -> bool:
        """Whether something may only seem to be so because of the errors."""
        at = problem.subject
        if problem.code in _ALWAYS or (at is not None and self._follows(problem.code, at)):
            return True
        if problem.code not in ABSENCES:
            return False
        if at is None or problem.code in _ANYWHERE:
            return bool(self._around)
        root = self._root(at) if problem.code == "unknown_name" else ""
        if root and root not in _DECLARING:  # no text declares it
            return any(region.touches(self._lines(at)) for region in self._errors)
        if root and self._complete:
            return self._name(at) in self._declared[root]
        if self._nesting or None in self._around:
            return True
        broken = [block for block in self._around if block is not None]
        if root:
            return any(block.type == _DECLARING[root] for block in broken)
        own = self._top(at)
        return any(
            block.type not in _DECLARING.values() and (own is None or block is own) for block in broken
        )

    def _is_confined(self, problem: Diagnostic, at: Span) -> bool:
        """Whether an error leaves nothing in doubt but the value that it is in."""
        if problem.code in _OF_LAYOUT and (at.filename, self._behind_comma(at)) in self._begun:
            return True
        # What is open in a value that is known to end was opened there.
        opened = [one.span for one in problem.related if problem.code == _OPEN]
        return problem.code in _HARMLESS or any(
            region.filename == span.filename
            and region.start <= span.start
            and span.end <= (region.end or span.end)
            for _, region, _ in self._unread
            for span in (at, *opened)
        )

    def _behind_comma(self, at: Span) -> int:
        """Where something begins, or what stands behind it if it is a comma."""
        text = self._texts[at.filename]
        if text[at.start : at.end] != b",":
            return at.start
        return len(text) - len(text[at.end :].lstrip())

    def _follows(self, code: str, at: Span) -> bool:
        """Whether something may be said only because a value is not known."""
        own = self._top(at)
        return any(
            code in _FOLLOWS.get(name, ()) and (block is None or own is None or own is block)
            for name, _, block in self._unread
        )

    def _find_declared(self, tree: syntax.Body) -> set[tuple[str, int]]:
        """Note the names that blocks declare, wherever a missing brace has put them; where the braces of blocks are."""
        opened = set()
        waiting = [tree]
        while waiting and self.broken:
            for block in waiting.pop().blocks:
                opened.add((block.body.span.filename, block.body.span.start))
                if block.type == _DECLARING["local"]:
                    self._declared["local"].update(attribute.name for attribute in block.body.attributes)
                elif block.type == _DECLARING["var"] and block.labels:
                    self._declared["var"].add(str(block.labels[0].value))
                waiting.append(block.body)
        return opened

    def _top(self, at: Span) -> syntax.Block | None:
        """The block of the top of a file that something is in."""
        for block in self._tops:
            if block.span.holds(at):
                end = block.span.end
                return block if self._texts[at.filename][end - 1 : end] == b"}" else None
        return None

    def _root(self, at: Span) -> str:
        """The first word of a name; empty where another module's text has it."""
        text = self._texts.get(at.filename, b"")[at.start : at.end].decode("utf-8", "replace")
        found = re.match(r"[\w-]+", text)
        return found[0] if found else ""

    def _name(self, at: Span) -> str:
        """The word behind the root of a name."""
        text = self._texts.get(at.filename, b"")[at.start : at.end].decode("utf-8", "replace")
        found = re.match(r"[\w-]+\s*\.\s*([\w-]+)", text)
        return found[1] if found else ""

    def _lines(self, at: Span) -> Span:
        """All of the lines that something stands on."""
        text = self._texts[at.filename]
        end = text.find(b"\n", at.end)
        return replace(at, start=text.rfind(b"\n", 0, at.start) + 1, end=len(text) if end < 0 else end)


def _items_in(tree: syntax.Body) -> Iterator[syntax.Attribute | syntax.Block]:
    """Every attribute and block, at any depth."""
    waiting = [tree]
    while waiting:
        body = waiting.pop()
        yield from body.attributes
        yield from body.blocks
        waiting += [block.body for block in body.blocks]


def worth_telling(found: Iterable[Diagnostic], damages: Iterable[Damage]) -> Iterator[Diagnostic]:
    """The problems without those that only follow from a syntax error in one of the files."""
    listed = [damage for damage in damages if damage.broken]
    if not listed:
        yield from found
        return
    from engine.diagnostic_codes import CODES, Where  # a long page, and most files are whole

    for problem in found:
        at = problem.subject
        if any(damage.explains(problem) for damage in listed):
            continue
        misplaced = at is not None and any(damage.misplaces(at) for damage in listed)
        if not misplaced or CODES[problem.code].where is Where.VALUE:
            yield problem


def mistaken(said: Iterable[Diagnostic], texts: Mapping[str, str]) -> list[Diagnostic]:
    """Syntax errors without those that others have made: a brace that one too few was read before, and the block of a
    file that is never closed, if one on a single line has taken its brace.
    """
    listed = list(said)
    first: dict[str, int] = {}
    for one in listed:
        if one.code in _TAKE_AN_OPENER and one.subject is not None:
            first.setdefault(one.subject.filename, one.subject.start)
    listed = [
        d
        for d in listed
        if d.code != "unopened"
        or d.subject is None
        or d.subject.start <= first.get(d.subject.filename, d.subject.end)
        or not _of_brace(d, d.subject, texts)
    ]
    taken = {d.subject.filename for d in listed if d.code == _TAKES_A_BRACE and d.subject is not None}
    return [
        d
        for d in listed
        if d.subject is None or d.subject.filename not in taken or not _of_brace(d, d.subject, texts)
    ]


def _of_brace(problem: Diagnostic, at: Span, texts: Mapping[str, str]) -> bool:
    """Whether a brace itself is what is never closed, or never opened."""
    brace = _BRACES.get(problem.code)
    raw = texts[at.filename].encode("utf-8", "surrogatepass")
    return brace is not None and raw[at.start : at.end] == brace.encode()


def _misnested(problem: Diagnostic, at: Span, tree: syntax.Body, text: str) -> Iterator[_Region]:
    """Where blocks may be in others than they were meant to be, because of one brace."""
    if not _of_brace(problem, at, {at.filename: text}):
        return
    before = [
        b.span.start
        for b in tree.blocks
        if b.span.filename == at.filename and b.span.start <= at.start and b.type in FILE.blocks
    ]
    end = None if problem.code == "unclosed" else at.end
    yield _Region(filename=at.filename, start=max(before, default=0), end=end)
