"""What all readers of a definition share: problems are collected, block shapes checked, expressions made ready."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.diagnostics import Diagnostic, Related, Severity, Span
from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.expressions import check_names, compile_expression
from engine.language.functions import STANDARD
from engine.language.suggest import did_you_mean
from engine.language.types import Type, object_of
from engine.machine.check_types import FIXED, type_problems, typed_locals
from engine.machine.definition import ALWAYS
from engine.machine.expression import Expression, Look, Names
from engine.machine.link import Link, linked
from engine.machine.references import Reference, references
from engine.machine.sensitive import token
from engine.machine.shapes import SHAPES, Shape, parents_of
from engine.machine.values import composed, printable
from engine.model import END

#: The names that an expression can start with, each with the attributes it has; None = any.
Roots = Mapping[str, Collection[str] | None]

#: What a value can depend on that is the same for all events.
VARIABLES: Roots = {"var": None}

#: How many of the things a guard looks at a trace shows.
_MOST_LOOKS = 8
_LONGEST_NAME = 128
_LONGEST_LINE = 500
#: Looking for a similar name takes time; a file with more mistakes than this has another problem.
_MOST_SUGGESTIONS = 100
_VOWELS = ("a", "e", "i", "o", "u")
#: What is said of the place where something was written first.
FIRST = "the first one is here"
#: Blocks that others call by their label.
_NAMING = ("state", "parallel", "history", "on")
#: Names that mean something else where a state or an event is named; "=" is magic to the library below.
_RESERVED = frozenset({END, ALWAYS, "*", "="})


class Reader:
    """Reads the parts of one module: its texts, the names in it, and the problems found so far."""

    def __init__(self, texts: Mapping[str, str], *, above: "Reader | None" = None, story: str = "") -> None:
        """Start without names; `names` is set as soon as they are read. `texts` are by file name.

        Problems go where those of the reader `above` go, each with the `story` of how it comes to that.
        """
        self.diagnostics: list[Diagnostic] = [] if above is None else above.diagnostics
        #: The definition decided already, perhaps before a sensitive value in a name was a problem.
        self.again: bool = above is not None and above.again
        #: Where sensitive values stand in the texts.
        self.veiled: list[Span] = [] if above is None else above.veiled
        self.names = Names()
        #: Locals that are declared and cannot be used: why was reported.
        self.broken: frozenset[str] = frozenset()
        #: Variables whose values are not to be shown.
        self.hidden: frozenset[str] = frozenset()
        #: Variables that have no value, or a wrong one: that was reported.
        self.unvalued: frozenset[str] = frozenset()
        #: Where its names are found among those of a whole provisioner; None = they are all there is.
        self.link: Link | None = None
        #: What the names can be that expressions start with.
        self.types: Mapping[str, Type] = FIXED
        #: Whether types are checked.
        self.typed: bool = True if above is None else above.typed
        #: How often something could not be read without a word: why was reported where it is declared. One for all
        #: readers of a definition.
        self.gaps: list[Span] = [] if above is None else above.gaps
        #: Every expression that could be read, in order.
        self.expressions: list[Expression] = []
        #: The worker of every action that could be read, and where it stands.
        self.called: list[tuple[str, Span]] = []
        #: The names of what was written and could not be read; None for what needs one and has none.
        self.lost: list[str | None] = []
        self._story = story
        self._suggestions = _MOST_SUGGESTIONS
        self._bytes = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}

    def add(self, problems: Iterable[Diagnostic]) -> None:
        """Add problems that were found elsewhere."""
        for problem in problems:
            self.diagnostics.append(replace(problem, story=self._story) if self._story else problem)

    def report(
        self,
        code: str,
        summary: str,
        detail: str,
        subject: Span,
        *,
        context: Span | None = None,
        related: Iterable[tuple[Span, str]] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a problem; `related` are other places, each with what is there."""
        self.diagnostics.append(
            Diagnostic(
                code=code,
                summary=_line(summary),
                detail=_line(detail),
                subject=settled(subject),
                context=None if context is None else settled(context),
                related=tuple(Related(span=settled(span), message=message) for span, message in related),
                severity=severity,
                story=self._story,
            )
        )

    def text(self, span: Span) -> str:
        """What a file says in a range, on one line."""
        return " ".join(self._bytes[span.filename][span.start : span.end].decode("utf-8", "replace").split())

    def suggest(self, name: str, known: Iterable[str]) -> str:
        """A sentence with the known name that is most like `name`; empty if none is."""
        self._suggestions -= 1
        return did_you_mean(name, known) if self._suggestions >= 0 else ""

    # Shapes

    def check_shape(self, block: syntax.Block, kind: str = "") -> bool:
        """Whether a block has the labels of its kind; whatever else is wrong with its shape is reported too."""
        shape = SHAPES[kind or block.type]
        self.check_body(block.body, shape, block.type, block.header_span)
        if len(block.labels) == len(shape.labels):
            if not [label for label in block.labels if not self._check_name(label)]:
                return True
            self.lose(block)
            return False
        wanted = " ".join(f'"{label.upper()}"' for label in shape.labels)
        self.report(
            "wrong_labels",
            f"{_what(block.type)} takes {_count(len(shape.labels), 'label')}, this one has {len(block.labels)}",
            f"Write {block.type} {wanted}".rstrip() + " { … }.",
            block.header_span,
        )
        self.lose(block)
        return False

    def lose(self, block: syntax.Block) -> None:
        """Note that a block is there and cannot be read, so that nobody asks for what it names."""
        if block.labels:
            self.lost += [label.value for label in block.labels]
        elif block.type in _NAMING:
            self.lost.append(None)

    def check_body(self, body: syntax.Body, shape: Shape, owner: str, header: Span | None) -> None:
        """Report attributes and blocks that are missing, misplaced, unknown or not supported yet."""
        for attribute in body.attributes:
            if not shape.open and attribute.name not in shape.attributes():
                self._unknown_attribute(attribute, shape, owner)
        for block in body.blocks:
            if block.type not in shape.blocks:
                self._unknown_block(block, shape, owner)
        if header is not None:
            self._check_required(body, shape, owner, header)

    def _check_required(self, body: syntax.Body, shape: Shape, owner: str, header: Span) -> None:
        """Report what is missing, unless it is there under a wrong name, which was reported."""
        given = {attribute.name for attribute in body.attributes}
        wrong = given - shape.attributes()
        for name in sorted(shape.required - given):
            if any(shape.renamed.get(other) == name or self.suggest(other, [name]) for other in wrong):
                continue
            detail = f"Add {name} = … to this block."
            self.report("missing_attribute", f'{_what(owner)} has no "{name}"', detail, header)

    def _unknown_attribute(self, attribute: syntax.Attribute, shape: Shape, owner: str) -> None:
        name, place = attribute.name, attribute.name_span
        if name in shape.later:
            self._unsupported(f'The attribute "{name}"', place)
        elif name in shape.blocks:
            self.report("wrong_type", f'"{name}" is a block', f"Write {name} {{ … }}, without =.", place)
        elif name in shape.renamed:
            detail = f"It is called {shape.renamed[name]} here: rename it."
            self.report(
                "unknown_attribute",
                f'{_what(owner)} has no attribute "{name}"',
                detail,
                place,
                context=attribute.span,
            )
        else:
            choices = shape.attributes()
            detail = self.suggest(name, choices) or _takes(owner, "attribute", choices)
            self.report(
                "unknown_attribute",
                f'{_what(owner)} has no attribute "{name}"',
                detail,
                place,
                context=attribute.span,
            )

    def _unknown_block(self, block: syntax.Block, shape: Shape, owner: str) -> None:
        name, place = block.type, block.header_span
        self.lose(block)
        parents = parents_of(name)
        if name in shape.later:
            self._unsupported(f"The {name} block", place)
        elif name in shape.attributes():
            self.report(
                "wrong_type", f'"{name}" is an attribute', f"Write {name} = …, with an equals sign.", place
            )
        elif parents:
            homes = " or ".join(_where(parent) for parent in parents)
            detail = f"It belongs {homes}: move it there."
            self.report("misplaced_block", f"{_what(name)} does not belong {_where(owner)}", detail, place)
        else:
            choices = shape.blocks | shape.later
            detail = self.suggest(name, choices) or _takes(owner, "block", shape.blocks)
            self.report("unknown_block", f"There is no {name} block {_where(owner)}", detail, place)

    def _unsupported(self, what: str, place: Span) -> None:
        self.report(
            "unsupported",
            f"{what} is not supported yet by this version",
            "Remove it for now; a later version will run it.",
            place,
        )

    def _check_name(self, label: syntax.Label) -> bool:
        if label.value and len(label.value) <= _LONGEST_NAME and label.value.isprintable():
            if label.value == label.value.strip():
                return True
            detail = "Remove the spaces around the name."
        else:
            detail = f"Use 1 to {_LONGEST_NAME} printable characters."
        self.report("bad_name", "This is not a valid name", detail, label.span)
        return False

    def check_free(self, label: syntax.Label) -> bool:
        """Whether a label can name a state or an event: some words mean something else there."""
        if label.value not in _RESERVED:
            return True
        self.report("bad_name", f'"{label.value}" cannot be a name here', "Choose another name.", label.span)
        self.lost.append(label.value)
        return False

    # Expressions

    def expression(
        self, node: syntax.Expression, roots: Roots, *, explained: bool = False, attribute: str = ""
    ) -> Expression | None:
        """The expression, ready to be evaluated with these roots; None if that was reported to be impossible.

        With `explained` it can say what it looks at, the locals behind it included. `attribute` is what it is given to.
        """
        before = len(self.diagnostics)
        found = self._checked(node, roots)
        if self.typed:
            self._check_types(node, before, attribute)
        if found is None:
            return None
        found = replace(found, attribute=attribute, looks=self._looks(found.references) if explained else ())
        found = found if self.link is None else linked(found, self.link)
        self.expressions.append(found)
        return found

    def _checked(self, node: syntax.Expression, roots: Roots) -> Expression | None:
        before = len(self.diagnostics)
        ready = self.ready(node, roots)
        found = tuple(references(node))
        wrong = [r for r in found if not self._check_reference(r, roots)]
        self.diagnostics[before:] = [_within(problem, node) for problem in self.diagnostics[before:]]
        if wrong or ready is None:
            return None
        if self._leads_to(found, self.unvalued):
            self.gaps.append(node.span)
        return ready

    def _check_types(self, node: syntax.Expression, before: int, attribute: str = "") -> None:
        """Report what fails for certain, whatever the names are that nobody knows, where nothing was told since `before`."""
        told = {problem.subject for problem in self.diagnostics[before:]}
        self.add(p for p in type_problems(node, self.types, attribute)[0] if p.subject not in told)

    def check_locals(self, unsound: Iterable[syntax.Expression]) -> None:
        """Report what fails for certain in the locals, and note what each of them gives; the `unsound` are anything."""
        if self.typed:
            nodes = {name: expression.node for name, expression in self.names.locals.items()}
            known = {**FIXED, "var": object_of(self.names.types, more=True)}
            problems, self.types = typed_locals(nodes, known)
            self.add(problems)
            for node in unsound:
                self._check_types(node, 0)

    def ready(self, node: syntax.Expression, roots: Roots) -> Expression | None:
        """The same for an expression whose variables and locals are not known yet."""
        problems = check_names(node, roots, STANDARD)
        self.add(problems)
        if problems:
            return None
        return Expression(
            node=node,
            compiled=compile_expression(node),
            text=self.text(node.span),
            references=tuple(references(node)),
        )

    def check_declared(self, reference: Reference) -> bool:
        """Whether a reference to a variable or a local names one that is declared."""
        known: Mapping[str, Any] | None = {"var": self.names.variables, "local": self.names.locals}.get(
            reference.root
        )
        if known is None or not reference.steps:
            return True
        name = reference.steps[0]
        if reference.root == "local" and name in self.broken:
            self.gaps.append(reference.node.span)
            return False
        if name not in known:
            block = "variable" if reference.root == "var" else "locals"
            detail = self.suggest(str(name), known) or f"Declare it in a {block} block."
            self.report("unknown_name", f"There is no {reference.root}.{name}", detail, reference.node.span)
            return False
        return True

    def _check_reference(self, reference: Reference, roots: Roots) -> bool:
        """A local may use every name of the scope, but not every place has them all."""
        if not self.check_declared(reference):
            return False
        for inner in self._behind([reference]):
            if inner.root not in roots:
                self.report(
                    "unknown_name",
                    f"{self.text(reference.node.span)} uses {inner.root}, which has no value here",
                    f"It is used at {inner.node.span}. Known here: {', '.join(sorted(roots))}.",
                    reference.node.span,
                    related=[(inner.node.span, "it is used here")],
                )
                return False
        return True

    def _behind(self, found: Iterable[Reference]) -> list[Reference]:
        """The references that the locals among these lead to, each local once, in order."""
        done: set[str] = set()
        result: list[Reference] = []
        todo = list(found)
        while todo:
            reference = todo.pop(0)
            if reference.root != "local" or not reference.steps or reference.steps[0] in done:
                continue
            name = reference.steps[0]
            done.add(name)
            if name in self.names.locals:
                inner = self.names.locals[name].references
                result += inner
                todo += inner
        return result

    def _looks(self, found: tuple[Reference, ...]) -> tuple[Look, ...]:
        looks: dict[str, Look] = {}
        for reference in (*found, *self._behind(found)):
            text = self.text(reference.node.span)
            hidden = self.hides([reference])
            listed = sum(look.hidden is hidden for look in looks.values())
            if text not in looks and listed < _MOST_LOOKS:
                looks[text] = Look(
                    text=text,
                    node=reference.node,
                    compiled=compile_expression(reference.node),
                    hidden=hidden,
                )
        return tuple(looks.values())

    def hides(self, found: Iterable[Reference]) -> bool:
        """Whether a reference may lead to a value that is not to be shown."""
        return self._leads_to(found, self.hidden)

    def _leads_to(self, found: Iterable[Reference], variables: Collection[str]) -> bool:
        listed = list(found)
        return bool(variables) and any(
            reference.root == "var" and (not reference.steps or reference.steps[0] in variables)
            for reference in (*listed, *self._behind(listed))
        )

    def is_sensitive(self, node: syntax.Expression) -> bool:
        """Whether the value of an expression is made of what is not to be shown."""
        hidden = self.names.hidden
        return hidden is not None and bool(hidden.of_value(node))

    def said(self, node: syntax.Expression, problem: object) -> str:
        """What is wrong with the value of an expression, in words that show it only if it may be shown."""
        hidden = self.names.hidden
        origins = None if hidden is None else hidden.of_value(node)
        return f"cannot be {token(origins)}" if origins else str(problem)

    def expose(self, node: syntax.Expression, origins: Iterable[str]) -> None:
        """Report that a sensitive value would be shown."""
        if not self.again:
            summary = f"This value is shown wherever it is used, and made of what is {token(origins)[1:-1]}"
            detail = "Take something else, or write nonsensitive(…) around what may be shown."
            self.report("sensitive_shown", summary, detail, node.span)

    def constant(
        self, node: syntax.Expression, roots: Roots = VARIABLES, *, shown: bool = True
    ) -> tuple[bool, Any]:
        """Whether an expression has a value without any event, and the value; a problem is reported.

        One is, too, that the value is sensitive where it is going to be `shown`, as a name for instance.
        """
        expression = self._checked(node, roots)
        if expression is None or self._leads_to(expression.references, self.unvalued):
            return False, None
        hidden = self.names.hidden
        if shown and not self.again and hidden is not None and hidden.of_value(node):
            self.expose(node, hidden.of_value(node))
            return False, None
        try:
            return True, expression.evaluate(self.names.scope())
        except EvaluationError as problem:
            self.add([problem.diagnostic])
            return False, None

    def constant_text(self, attribute: syntax.Attribute) -> str | None:
        """The text that an attribute must be; None if it was reported not to be one."""
        node = attribute.value
        if isinstance(node, syntax.Variable):
            detail = f'Quote it: {attribute.name} = "{node.name}".'
            self.report("wrong_type", f'"{attribute.name}" is not a text', detail, node.span)
            return None
        fine, value = self.constant(node)
        if fine and isinstance(value, str):
            return composed(value)
        if fine:
            detail = f'Write {attribute.name} = "…".'
            self.report("wrong_type", f'"{attribute.name}" is not a text', detail, node.span)
        return None


def _within(problem: Diagnostic, node: syntax.Expression) -> Diagnostic:
    """The problem of a part of an expression, with the whole of it around."""
    place, whole = problem.subject, node.span
    if place is None or problem.context is not None or place.filename != whole.filename:
        return problem
    wide = whole.start <= place.start and place.end <= whole.end
    narrow = (whole.start, whole.end) == (place.start, place.end)
    return replace(problem, context=settled(whole)) if wide and not narrow else problem


def _line(text: str) -> str:
    """A text that may repeat names from the file, fit for a terminal."""
    return printable(text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…")


def settled(span: Span) -> Span:
    """The range as a plain value: the tree's own ones work out their lines and columns anew each time."""
    return Span(
        filename=span.filename,
        start=span.start,
        end=span.end,
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
    )


def _takes(owner: str, what: str, choices: Collection[str]) -> str:
    return f"{_what(owner)} takes {', '.join(sorted(choices)) or f'no {what}s'}."


def _what(owner: str) -> str:
    article = "An" if owner[:1] in _VOWELS else "A"
    return f"{article} {owner} block" if owner else "The top of a file"


def _where(owner: str) -> str:
    article = "an" if owner[:1] in _VOWELS else "a"
    return f"in {article} {owner} block" if owner else "at the top of a file"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
