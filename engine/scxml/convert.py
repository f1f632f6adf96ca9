"""Writes a definition that does what an SCXML document says; `docs/coming-from-scxml.md` says what becomes of what."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from engine.diagnostics import Diagnostic, Severity
from engine.language.format import format_text
from engine.machine import writing
from engine.machine.definition import ANY_EVENT, covers
from engine.machine.read import read_definition
from engine.model import AFTER, DONE_STATE
from engine.scxml.content import Content
from engine.scxml.document import NAMESPACE, Element, read_document
from engine.scxml.ecmascript import InvalidError, UnreadableError, read_expression
from engine.scxml.expressions import Scope
from engine.scxml.facts import data_in, facts_of, pattern, types_of, unsent
from engine.scxml.problems import Problems
from engine.scxml.states import STATES, Place, States, joined

#: What each element may have in it; what it must not have is reported.
_INSIDE = {
    "scxml": ("state", "parallel", "final", "datamodel", "transition"),
    "state": (*STATES, "onentry", "onexit", "transition", "initial", "history", "datamodel"),
    "parallel": ("onentry", "onexit", "transition", "state", "parallel", "history", "datamodel"),
    "final": ("onentry", "onexit", "donedata"),
    "history": ("transition",),
    "initial": ("transition",),
}
#: What has no counterpart, and what to do instead.
_FOREIGN = {
    "invoke": "Call other services with an action block, and let a receive block take their answers.",
    "script": "Say what it computes with <assign>.",
}
_MOMENTS = {"onentry": "on_enter", "onexit": "on_exit"}
_DEFAULT_PROJECT = "machine"
_LONGEST_PROJECT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of a document."""

    #: The definition; None if there is nothing to say. With an error among the problems it is not all of it.
    text: str | None
    diagnostics: tuple[Diagnostic, ...]
    #: The full name of every state by its id.
    states: Mapping[str, str] = field(default_factory=dict)


def convert(
    text: str, filename: str, *, project: str | None = None, plain_events: bool = False
) -> Conversion:
    """The document as a definition. With `plain_events` a transition waits for the names that it names, and no longer ones.

    `project` is the provisioner's name; else the document's, else one is made up.
    """
    root, unread = read_document(text, filename)
    if root is None:
        return Conversion(text=None, diagnostics=tuple(unread))
    problems = Problems()
    if root.name != "scxml" or root.namespace != NAMESPACE:
        detail = f'The outermost element is <scxml xmlns="{NAMESPACE}">.'
        problems.list_problem("scxml_not_scxml", "This is not an SCXML document", detail, root)
        return Conversion(text=None, diagnostics=tuple(problems.found))
    whole = _Document(root, problems, project or root.get("name") or _DEFAULT_PROJECT, plain=plain_events)
    lines = "\n".join(whole.lines()).replace("{\n}", "{}").replace("{\n\n", "{\n")
    written = format_text(f"{lines}\n", "definition").text
    if written is not None and not problems.any:
        for problem in read_definition(written, "definition").diagnostics:
            if problem.severity is Severity.ERROR:
                problems.unsupported(
                    root, f"As a definition this is wrong: {problem.summary}", problem.detail
                )
    states = {name: place.full for name, place in whole.states.known.items()}
    return Conversion(text=written, diagnostics=tuple(problems.found), states=states)


class _Document:
    """One document while it is converted."""

    def __init__(self, root: Element, problems: Problems, name: str, *, plain: bool) -> None:
        self._root = root
        self._problems = problems
        self._project = re.sub(r"[^a-z0-9_-]", "_", name.lower())[:_LONGEST_PROJECT]
        self._plain = plain
        self._check(root)
        self.states = States(root, problems)
        self._facts = facts_of(root)
        scope = Scope(document=root.get("name"), active=self.states.anywhere, unsent=unsent(root))
        self._scope = replace(scope, types=types_of(root, scope))

    def _check(self, element: Element) -> None:
        """Report what has no place, or no counterpart, outside of executable content, and take it away."""
        kept = []
        for child in element.children:
            if child.namespace != NAMESPACE:
                why = "It is not SCXML's."
                self._problems.left_out(child, f"<{child.name}> is left out", why, harmless=True)
            elif child.name in _FOREIGN:
                self._problems.unsupported(child, f"<{child.name}> has no counterpart", _FOREIGN[child.name])
            elif child.name not in _INSIDE[element.name]:
                what = f"<{child.name}> has no place in <{element.name}>"
                self._problems.unsupported(child, what, "Take it out.")
            else:
                kept.append(child)
                if child.name in _INSIDE:
                    self._check(child)
        element.children = kept

    # The definition

    def lines(self) -> Iterator[str]:
        """The lines of the definition."""
        if not self.states.tops:
            self._problems.unsupported(self._root, "The document has no state", "Add one.")
        yield f"provisioner {writing.text(self._project)} {{"
        yield f"statemachine {writing.text(self._project)} {{"
        yield from self._start()
        for top in self.states.tops:
            yield from ("", *self._state(top))
        anywhere = list(self._transitions(self._root, None))
        if anywhere:
            yield from ("", 'state "*" {', *anywhere, "}")
        yield from ("}", "}")

    def _start(self) -> Iterator[str]:
        """Where an instance starts; a state before the first one does what entering that one does."""
        first = writing.text(joined(self._initial(self._root, self.states.tops)))
        content = self._content(self._scope)
        late = {id(data) for data in self._late()}
        for data in data_in(self._root):
            if id(data) not in late:
                content.begin(data)
        enters = any(e.children for place in self.states.all() for e in place.element.all("onentry"))
        if content.empty and not enters:
            yield f"initial = {first}"
            return
        start = writing.text(self.states.free("start"))
        yield f"initial = {start}"
        yield from ("", f"state {start} {{", "alias = null", "always {", f"transition = {first}")
        yield from content.lines()
        yield from ("}", "}")

    def _late(self, element: Element | None = None) -> list[Element]:
        """The variables of a state, or of all, that get their values only when it is entered first."""
        if self._root.get("binding") != "late":
            return []
        states = [place.element for place in self.states.all()] if element is None else [element]
        return [data for state in states for model in state.all("datamodel") for data in model.all("data")]

    def _initial(self, element: Element, children: list[Place]) -> list[Place]:
        """Where an element begins."""
        text = element.get("initial")
        if text is not None:
            return self.states.targets(element, text)
        for initial in element.all("initial"):
            for transition in initial.all("transition"):
                self._check_idle(transition, "initial")
                return self.states.targets(transition, transition.get("target") or "")
        return children[:1]

    def _check_idle(self, transition: Element, owner: str) -> None:
        """Report what a transition does that only says where to begin."""
        if any(child.name != "log" for child in transition.children):
            instead = "Do it in <onentry> of the state that is entered."
            self._problems.unsupported(transition, f"What an <{owner}> does has no counterpart", instead)

    def _state(self, place: Place) -> Iterator[str]:
        element = place.element
        yield f"{'parallel' if place.is_parallel else 'state'} {writing.text(place.own)} {{"
        if element.name == "final":
            yield "final = true"
        if place.is_compound:
            yield f"initial = {writing.text(joined(self._initial(element, place.children)))}"
        for moment, word in _MOMENTS.items():
            content = self._reaction(place, moment)
            if moment == "onentry" and element.name == "final" and place.parent is not None:
                yield from self._ending(element, content)
            lines = list(content.lines())
            if lines:
                yield from (f"{word} {{", *lines, "}")
        yield from self._transitions(element, place)
        for history in place.histories:
            yield from self._history(history)
        for child in place.children:
            yield from ("", *self._state(child))
        yield "}"

    def _reaction(self, place: Place, moment: str) -> Content:
        """What is done when a state is entered, or left."""
        active = self.states.entering if moment == "onentry" else self.states.leaving
        content = self._content(self._seeing(lambda name: active(place, name)))
        for data in self._late(place.element) if moment == "onentry" else ():
            content.begin(data, late=True)
        for block in place.element.all(moment):
            content.run(block.children)
        return content

    def _ending(self, element: Element, content: Content) -> Iterator[str]:
        """What the end of the state around a final one carries; it is found out after what entering that one does."""
        payload = None
        for done in element.all("donedata"):
            payload = content.carried(done)
        if payload is not None:
            yield f"event = {self._scope.value(payload)}"
        elif self._facts.reads_data:
            yield "event = null"

    def _history(self, place: Place) -> Iterator[str]:
        yield f"history {writing.text(place.own)} {{"
        if place.element.get("type") == "deep":
            yield "deep = true"
        for transition in place.element.all("transition")[:1]:
            self._check_idle(transition, "history")
            targets = self.states.targets(transition, transition.get("target") or "")
            if targets:
                yield f"transition = {writing.text(joined(targets))}"
        yield "}"

    # Transitions

    def _transitions(self, element: Element, place: Place | None) -> Iterator[str]:
        closed: list[str] = []
        for transition in element.all("transition"):
            events = self._events(transition)
            new = [e for e in events if not any(covers(first, e) for first in closed)]
            always = transition.get("event") is None
            if (not new and not always) or (always and "" in closed):
                if events or always:
                    why = "One before it in the same state is always taken first."
                    self._problems.left_out(transition, "This transition is never taken", why)
                continue
            guard = self._guard(transition)
            if guard == "false":
                continue
            if guard is None:
                closed += new or [""]
            body = list(self._body(transition, place, guard))
            for event in new:
                yield from (f"on {writing.text(event)} {{", *body, "}")
            if always and place is None:
                what = "A transition of the whole document without an event has no counterpart"
                self._problems.unsupported(transition, what, "Put it into each state that is meant.")
            elif always:
                yield from ("always {", *body, "}")

    def _guard(self, transition: Element) -> str | None:
        """The guard; None if there is none, or if it always holds; ``false`` if it never does."""
        text = transition.get("cond")
        if text is None:
            return None
        try:
            guard = self._scope.condition(read_expression(text))
        except UnreadableError as problem:
            if isinstance(problem, InvalidError) and not self._facts.expects_errors:
                what = f"This transition is never taken: {' '.join(text.split())} cannot be evaluated"
                self._problems.left_out(transition, what, f"Mend the condition: {problem}.")
            else:
                self._problems.expression(transition, text, str(problem))
            return "false"
        return None if guard == "true" else guard

    def _body(self, transition: Element, place: Place | None, guard: str | None) -> Iterator[str]:
        if guard is not None:
            yield f"when = {guard}"
        targets = self.states.targets(transition, transition.get("target") or "")
        if targets:
            yield f"transition = {writing.text(joined(targets))}"
        if place is not None and place.is_compound and transition.get("type") == "internal":
            inside = [t for t in targets if place in t.around() and t is not place]
            if targets and len(inside) == len(targets):
                yield "leave = false"
        content = self._content(self._seeing(self.states.between))
        content.run(transition.children)
        lines = list(content.lines())
        yield from lines
        if not lines and not targets:
            yield "set = {}"  # it does nothing, and keeps others from being taken

    def _events(self, transition: Element) -> list[str]:
        """What a transition waits for, in the words of the language."""
        found = (self._event(transition, token) for token in (transition.get("event") or "").split())
        return list(dict.fromkeys(event for event in found if event is not None))

    def _event(self, transition: Element, token: str) -> str | None:
        event = pattern(token)
        if event == ANY_EVENT:
            return event
        stem = token.removesuffix("*").removesuffix(".")
        if stem.startswith(DONE_STATE):
            place = self.states.known.get(stem.removeprefix(DONE_STATE))
            if place is None:
                what = f'No state ends with "{token}"'
                self._problems.name(transition, what, "Name a state of this document.")
                return None
            return f"{DONE_STATE}{place.full}"
        if stem.split(".")[0] == "error":
            how = "Where something cannot be evaluated, the whole step is not made; no event tells of it."
            self._problems.differs(transition, f'The engine never sends "{stem}"', how)
        if not stem or not stem.isprintable() or stem.startswith(("<", AFTER)):
            self._problems.name(transition, f'"{token}" is not an event here', "Choose another name.")
            return None
        return stem if self._plain and token == stem else event

    # What is done

    def _content(self, scope: Scope) -> Content:
        return Content(problems=self._problems, scope=scope, facts=self._facts)

    def _seeing(self, active: Callable[[str], str]) -> Scope:
        return replace(self._scope, active=active)
