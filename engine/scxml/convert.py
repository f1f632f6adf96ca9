"""Writes a definition that does what an SCXML document says; `docs/coming-from-scxml.md` says what becomes of what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.diagnostics import Diagnostic
from engine.language.format import format_text
from engine.machine import writing
from engine.machine.definition import ANY_EVENT, ANY_MORE, covers
from engine.machine.read import read_definition
from engine.model import DONE_STATE
from engine.scxml.content import Content, data_of
from engine.scxml.document import NAMESPACE, Element, read_document
from engine.scxml.ecmascript import Literal, Node, UnreadableError, read_expression
from engine.scxml.expressions import Kind, Scope, Type
from engine.scxml.problems import Problems
from engine.scxml.states import STATES, Place, States, joined

_EXECUTABLE = ("assign", "raise", "send", "cancel", "log", "if", "foreach", "script")
#: What each element may have in it; what it must not have is reported.
_INSIDE = {
    "scxml": ("state", "parallel", "final", "datamodel", "transition", "script"),
    "state": (*STATES, "onentry", "onexit", "transition", "initial", "history", "datamodel", "invoke"),
    "parallel": ("onentry", "onexit", "transition", "state", "parallel", "history", "datamodel", "invoke"),
    "final": ("onentry", "onexit", "donedata"),
    "history": ("transition",),
    "initial": ("transition",),
    "datamodel": ("data",),
}
#: What has no counterpart, and what to do instead.
_FOREIGN = {
    "invoke": "Call other services with an action block, and let a receive block take their answers.",
    "script": "Say what it computes with <assign>.",
    "foreach": "Use a for expression in the value.",
}
_DEFAULT_PROJECT = "machine"
_MOMENTS = {"onentry": "on_enter", "onexit": "on_exit"}


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
        problems.add("scxml_not_scxml", "This is no SCXML document", detail, root)
        return Conversion(text=None, diagnostics=tuple(problems.found))
    whole = _Document(root, problems, project or root.get("name") or _DEFAULT_PROJECT, plain=plain_events)
    lines = "\n".join(whole.lines()).replace("{\n}", "{}").replace("{\n\n", "{\n")
    written = format_text(f"{lines}\n", "definition").text
    if written is not None and not problems.any:
        for problem in read_definition(written, "definition").diagnostics:
            if problem.severity == "error":
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
        self._project = re.sub(r"[^a-z0-9_-]", "_", name.lower())[:60] or _DEFAULT_PROJECT
        self._plain = plain
        self._check(root)
        self.states = States(root, problems)
        self._data = [
            data for model in root.walk() if model.name == "datamodel" for data in model.all("data")
        ]
        texts = [v for e in root.walk() for k, v in e.attributes.items() if k in ("cond", "expr", "location")]
        self._reads_data = any("_event" in text and "data" in text for text in texts)
        self._sends: dict[str, list[str]] = {}
        for send in root.walk():
            if send.name == "send" and send.get("id") is not None:
                self._sends.setdefault(send.attributes["id"], []).append(send.get("event") or "")
        self._scope = Scope(document=root.get("name"), active=self.states.anywhere)
        self._scope.types = self._types()

    # What is there

    def _check(self, element: Element) -> None:
        """Report what has no place, or no counterpart, outside of executable content."""
        for child in element.children:
            if child.namespace != NAMESPACE:
                why = "It is not SCXML's."
                self._problems.left_out(child, f"<{child.name}> is left out", why, harmless=True)
            elif child.name in _FOREIGN:
                self._problems.unsupported(child, f"<{child.name}> has no counterpart", _FOREIGN[child.name])
            elif child.name not in _INSIDE.get(element.name, ()):
                what = f"<{child.name}> has no place in <{element.name}>"
                self._problems.unsupported(child, what, "Take it out.")
            elif child.name in _INSIDE and child.name != "datamodel":
                self._check(child)
            elif child.name == "donedata":
                self._check_done(child)
        element.children = [
            c for c in element.children if c.namespace == NAMESPACE and c.name not in _FOREIGN
        ]

    def _check_done(self, element: Element) -> None:
        if any("_event" in v and "data" in v for e in self._root.walk() for v in e.attributes.values()):
            instead = "Let the final state set a variable with <assign>."
            self._problems.unsupported(element, "<donedata> has no counterpart", instead)
        else:
            self._problems.left_out(element, "<donedata> is left out", "Nothing looks at it.")

    def _types(self) -> dict[str, Type]:
        """What each variable may be, from all that it is given anywhere."""
        types: dict[str, Type] = {}
        for data in self._data:
            self._scope.types = types
            types[data.get("id") or ""] = self._type(data)
        assigns = [e for e in self._root.walk() if e.name == "assign"]
        for _ in range(len(types) + 2):
            self._scope.types, before = types, dict(types)
            for assign in assigns:
                name = (assign.get("location") or "").strip()
                if name in types:
                    types[name] = types[name].joined(self._type(assign))
            if types == before:
                break
        return types

    def _type(self, element: Element) -> Type:
        """What a <data> or <assign> may give."""
        text = element.get("expr")
        node = data_of(element, Problems()) if text is None else _tried(text)
        return Type(Kind.ANY, missing=True) if node is None else self._scope.type_of(node)

    # The definition

    def lines(self) -> Iterator[str]:
        """The lines of the definition."""
        if not self.states.tops:
            self._problems.unsupported(self._root, "The document has no state", "Add one.")
        yield f"provisioner {writing.text(self._project)} {{"
        yield f"statemachine {writing.text(self._project)} {{"
        body = [line for top in self.states.tops for line in ["", *self._state(top)]]
        yield from self._start()
        yield from body
        anywhere = list(self._transitions(self._root, None))
        if anywhere:
            yield from ("", 'state "*" {', *anywhere, "}")
        yield from ("}", "}")

    def _start(self) -> Iterator[str]:
        """Where an instance starts; a state before the first one does what entering that one does."""
        first = self._initial(self._root, self.states.tops)
        if self._root.get("binding") == "late" and any(
            d for s in self.states.all() for d in s.element.all("datamodel")
        ):
            how = "All variables have their values from the start."
            self._problems.differs(self._root, "Variables of states are bound late", how)
        content = self._content(self._scope)
        for data in self._data:
            name, text = data.get("id") or "", data.get("expr")
            if data.get("src") is None and text is None and not data.text.strip() and not data.children:
                continue
            node = data_of(data, self._problems) if text is None else content.parsed(data, text)
            if node is not None:
                content.assign(data, name, node)
        enters = any(e.children for place in self.states.all() for e in place.element.all("onentry"))
        if content.empty and not enters:
            yield f"initial = {writing.text(joined(first))}"
            return
        start = self.states.free("start")
        yield f"initial = {writing.text(start)}"
        yield from ("", f"state {writing.text(start)} {{", "alias = null", "always {")
        yield f"transition = {writing.text(joined(first))}"
        yield from content.lines()
        yield from ("}", "}")

    def _initial(self, element: Element, children: list[Place]) -> list[Place]:
        """Where an element begins."""
        text = element.get("initial")
        if text is not None:
            return self.states.targets(element, text)
        for initial in element.all("initial"):
            for transition in initial.all("transition"):
                if self._does(transition):
                    instead = "Do it in <onentry> of the state that is entered."
                    self._problems.unsupported(
                        transition, "What an <initial> does has no counterpart", instead
                    )
                return self.states.targets(transition, transition.get("target") or "")
        return children[:1]

    def _state(self, place: Place) -> Iterator[str]:
        element = place.element
        yield f"{'parallel' if place.is_parallel else 'state'} {writing.text(place.own)} {{"
        if element.name == "final":
            yield "final = true"
        if place.is_compound:
            yield f"initial = {writing.text(joined(self._initial(element, place.children)))}"
        for moment, active in (("onentry", self.states.entering), ("onexit", self.states.leaving)):
            scope = self._seeing(lambda name, active=active: active(place, name))
            content = self._content(scope)
            content.run(inner for block in element.all(moment) for inner in block.children)
            lines = list(content.lines())
            if lines:
                yield from (f"{_MOMENTS[moment]} {{", *lines, "}")
        yield from self._transitions(element, place)
        for history in place.histories:
            yield from self._history(history)
        for child in place.children:
            yield ""
            yield from self._state(child)
        yield "}"

    def _history(self, place: Place) -> Iterator[str]:
        yield f"history {writing.text(place.own)} {{"
        if place.element.get("type") == "deep":
            yield "deep = true"
        for transition in place.element.all("transition")[:1]:
            if self._does(transition):
                instead = "Do it in <onentry> of the state that is entered."
                self._problems.unsupported(transition, "What a <history> does has no counterpart", instead)
            targets = self.states.targets(transition, transition.get("target") or "")
            if targets:
                yield f"transition = {writing.text(joined(targets))}"
        yield "}"

    def _does(self, transition: Element) -> bool:
        return any(child.name != "log" for child in transition.children)

    # Transitions

    def _transitions(self, element: Element, place: Place | None) -> Iterator[str]:
        closed: list[str] = []
        for transition in element.all("transition"):
            events = self._events(transition)
            always = not events
            new = [e for e in events if not any(covers(first, e) for first in closed)]
            if (always and "" in closed) or (events and not new):
                why = "One before it in the same state is always taken first."
                self._problems.left_out(transition, "This transition is never taken", why)
                continue
            guard = self._guard(transition)
            if guard is None:
                closed += new or [""]
            body = list(self._body(transition, place, guard or None))
            for event in new:
                yield from (f"on {writing.text(event)} {{", *body, "}")
            if always and place is None:
                what = "A transition of the whole document without an event has no counterpart"
                self._problems.unsupported(transition, what, "Put it into each state that is meant.")
            elif always:
                yield from ("always {", *body, "}")

    def _guard(self, transition: Element) -> str | None:
        """The guard; None if there is none, or if it always holds."""
        text = transition.get("cond")
        if text is None:
            return None
        try:
            guard = self._scope.condition(read_expression(text))
        except UnreadableError as problem:
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
        found: list[str] = []
        for token in (transition.get("event") or "").split():
            event = self._event(transition, token)
            if event is not None and event not in found:
                found.append(event)
        return found

    def _event(self, transition: Element, token: str) -> str | None:
        if token in ("*", ".*"):
            return ANY_EVENT
        stem = token.removesuffix("*").removesuffix(".")
        if stem.startswith(DONE_STATE):
            place = self.states.known.get(stem.removeprefix(DONE_STATE))
            if place is None:
                self._problems.name(
                    transition, f'No state ends with "{token}"', "Name a state of this document."
                )
                return None
            return f"{DONE_STATE}{place.full}"
        if stem.split(".")[0] == "error":
            how = "An expression that cannot be evaluated keeps the whole step from being made; no event tells of it."
            self._problems.differs(transition, f'Nothing sends "{stem}" here', how)
        if not stem or not stem.isprintable() or stem.startswith(("<", "after.")):
            self._problems.name(transition, f'"{token}" is no event here', "Choose another name.")
            return None
        return stem if self._plain and token == stem else f"{stem}{ANY_MORE}"

    # What is done

    def _content(self, scope: Scope) -> Content:
        return Content(problems=self._problems, scope=scope, sends=self._sends, reads_data=self._reads_data)

    def _seeing(self, active: object) -> Scope:
        return Scope(types=self._scope.types, document=self._scope.document, active=active)  # type: ignore[arg-type]


def _tried(text: str) -> Node | None:
    try:
        return read_expression(text)
    except UnreadableError:
        return None
