"""What all readers of a definition share: on top of problems and shapes, expressions are checked and made ready."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.diagnostics import Diagnostic, Severity, Span
from engine.errors import EvaluationError
from engine.language import syntax
from engine.language.expressions import check_names, compile_expression
from engine.language.functions import STANDARD
from engine.language.types import Type, object_of
from engine.machine.check_types import FIXED, type_problems, typed_locals
from engine.machine.expression import Expression, Look, Names
from engine.machine.link import Link, linked
from engine.machine.readable import Call
from engine.machine.references import Reference, references
from engine.machine.reporting import settled
from engine.machine.sensitive import token
from engine.machine.shape_checks import ShapeChecker
from engine.machine.values import composed

#: The names that an expression can start with, each with the attributes it has; None = any.
Roots = Mapping[str, Collection[str] | None]

#: What a value can depend on that is the same for all events: of locals, those that need no more.
CONSTANT_ROOTS: Roots = {"var": None, "local": None}

#: Why names of expressions are not known everywhere.
_OF_MACHINES = ("entity", "state", "previous", "active", "fired", "context", "now")
_WRITTEN_OUT = dict.fromkeys(("var", "local"), "This is written out: it depends on nothing.")
_BEFORE = dict.fromkeys(("event", "delivery", *_OF_MACHINES), "This is settled before any event comes in.")
_OUTSIDE = dict.fromkeys(_OF_MACHINES, "Machines know it: a `receive` block looks at the delivery alone.")
_IN_MACHINES = {
    "previous": "A guard is asked before anything has happened: `previous` is known in what a transition does, and in "
    "properties.",
    "fired": "A property holds whatever was fired.",
    "now": "A property holds at all times.",
}

#: How many of the things a guard looks at a trace shows.
_MOST_LOOKS = 8
#: What is said of the place where something was written first.
FIRST = "the first one is here"


class Reader(ShapeChecker):
    """Reads the parts of one module: its texts, the names in it, and the problems found so far."""

    def __init__(self, texts: Mapping[str, str], *, above: "Reader | None" = None, story: str = "") -> None:
        """Start without names; `names` is set as soon as they are read. `texts` are by file name.

        Problems go where those of the reader `above` go, each with the `story` of how it comes to that.
        """
        super().__init__(texts, above=above, story=story)
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
        #: Every expression, in order, those with wrong names in them included.
        self.expressions: list[Expression] = []
        #: What actions and requests give to workers.
        self.calls: list[Call] = []

    def expression(
        self, node: syntax.Expression, roots: Roots, *, explained: bool = False, attribute: str = ""
    ) -> Expression | None:
        """The expression, ready to be evaluated with these roots; None if that was reported to be impossible.

        With `explained` it can say what it looks at, the locals behind it included. `attribute` is what it is given to.
        """
        before = len(self.diagnostics)
        if self._unread(node):
            return None
        found = self._checked(node, roots)
        if self.typed:
            self._check_types(node, before, attribute)
        if found is None:
            # A name that is wrong says nothing about the payload's fields beside it.
            self.expressions.append(replace(self._made(node), attribute=attribute))
            return None
        found = replace(found, attribute=attribute, looks=self._looks(found.references) if explained else ())
        found = found if self.link is None else linked(found, self.link)
        self.expressions.append(found)
        return found

    def is_sound(self, expression: Expression, before: int) -> bool:
        """Whether no error is in an expression, of those told since `before`, nor in a local that it needs."""
        if not self.diagnostics:
            return True
        needed = self.names.used_by([expression])[0]
        whole = [self.names.locals[name].node.span for name in needed]
        return not any(
            problem.severity is Severity.ERROR
            and problem.subject is not None
            and any(span.holds(problem.subject) for span in (expression.node.span, *whole))
            for problem in self.diagnostics[0 if whole else before :]
        )

    def _unread(self, node: syntax.Expression) -> bool:
        """Whether a syntax error stands where the value should: it was reported, and more is not known."""
        if not isinstance(node, syntax.Unread):
            return False
        self.gaps.append(node.span)
        return True

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
                if not isinstance(node, syntax.Unread):
                    self._check_types(node, 0)

    def ready(self, node: syntax.Expression, roots: Roots) -> Expression | None:
        """The same for an expression whose variables and locals are not known yet."""
        if self._unread(node):
            return None
        problems = check_names(node, roots, STANDARD, _elsewhere(roots))
        self.add(problems)
        return None if problems else self._made(node)

    def _made(self, node: syntax.Expression) -> Expression:
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
        if reference.root not in roots or not self.check_declared(reference):
            return False  # of an unknown name was told
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
        self, node: syntax.Expression, roots: Roots = CONSTANT_ROOTS, *, shown: bool = True
    ) -> tuple[bool, Any]:
        """Whether an expression has a value without any event, and the value; a problem is reported.

        One is, too, that the value is sensitive where it is going to be `shown`, as a name for instance.
        """
        expression = None if self._unread(node) else self._checked(node, roots)
        if (
            expression is None
            or self._is_vague(expression)
            or self._leads_to(expression.references, self.unvalued)
        ):
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

    def _is_vague(self, expression: Expression) -> bool:
        """Whether an expression names all locals at once: some of them may need an event. That is reported."""
        whole = [r for r in expression.references if r.root == "local" and not r.steps]
        for reference in whole:
            summary = "Not all locals have a value before any event comes in"
            self.report("unknown_name", summary, "Name one of them: local.NAME.", reference.node.span)
        return bool(whole)

    def constant_text(self, attribute: syntax.Attribute) -> str | None:
        """The text that an attribute must be; None if it was reported not to be one."""
        node = attribute.value
        if isinstance(node, syntax.Variable):
            from engine.language.habits import meant_value  # only a mistake needs it

            detail = meant_value(node.name) or f'Quote it: {attribute.name} = "{node.name}".'
            self.report("wrong_type", f'"{attribute.name}" is not a text', detail, node.span)
            return None
        fine, value = self.constant(node)
        if fine and isinstance(value, str):
            return composed(value)
        if fine:
            detail = f'Write {attribute.name} = "…".'
            self.report("wrong_type", f'"{attribute.name}" is not a text', detail, node.span)
        return None


def _elsewhere(roots: Roots) -> Mapping[str, str]:
    """Why a name of the language is not among these."""
    if "event" not in roots:
        return _BEFORE if roots else {**_BEFORE, **_WRITTEN_OUT}
    return _IN_MACHINES if "state" in roots else _OUTSIDE


def _within(problem: Diagnostic, node: syntax.Expression) -> Diagnostic:
    """The problem of a part of an expression, with the whole of it around."""
    place, whole = problem.subject, node.span
    if place is None or problem.context is not None or place.filename != whole.filename:
        return problem
    wide = whole.start <= place.start and place.end <= whole.end
    narrow = (whole.start, whole.end) == (place.start, place.end)
    return replace(problem, context=settled(whole)) if wide and not narrow else problem
