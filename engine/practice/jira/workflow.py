"""Workflows as data: statuses, the transitions between them, and the screens that transitions show."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Category = Literal["new", "indeterminate", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status of a workflow."""

    #: Numeric, as a string; unique in the site: ``10000``.
    id: str
    #: ``In Progress``.
    name: str
    #: Which of Jira's three kinds it is.
    category: Category


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenField:
    """A field on the screen of a transition."""

    #: The field's id: ``resolution``.
    id: str
    #: Whether the transition is refused without it.
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A way from some statuses to one."""

    #: Numeric, as a string; unique in the workflow: ``21``.
    id: str
    #: The word on the button, not the name of a status: ``Ship it``.
    name: str
    #: Names of the statuses it starts from; empty = a global transition, available everywhere.
    sources: tuple[str, ...]
    #: Name of the status it leads to.
    to: str
    #: The fields of its screen; empty = no screen.
    screen: tuple[ScreenField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The statuses of a project and the only ways between them."""

    name: str
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]
    #: Name of the status of a new issue.
    initial: str

    def __post_init__(self) -> None:
        """Refuse, with a ValueError, names that no status has and ids that two transitions share."""
        names = {status.name for status in self.statuses}
        named = {
            self.initial,
            *(t.to for t in self.transitions),
            *(s for t in self.transitions for s in t.sources),
        }
        if unknown := sorted(named - names):
            raise ValueError(
                f"Workflow {self.name!r} names statuses that it does not have: {', '.join(unknown)}."
            )
        if len({t.id for t in self.transitions}) != len(self.transitions):
            raise ValueError(f"Workflow {self.name!r} uses a transition id twice.")

    def status(self, name: str) -> Status:
        """The status of that name, whatever its case; KeyError if there is none."""
        for status in self.statuses:
            if status.name.casefold() == name.casefold():
                return status
        raise KeyError(name)

    def transition(self, identifier: str) -> Transition | None:
        """The transition with that id, available or not."""
        return next((t for t in self.transitions if t.id == identifier), None)

    def available(self, status: str) -> Iterator[Transition]:
        """The transitions that start from `status`, in the order of the workflow."""
        return (t for t in self.transitions if not t.sources or status in t.sources)

    def path(self, start: str, end: str) -> tuple[Transition, ...] | None:
        """The shortest way from one status to another; empty if they are one, None if there is no way."""
        ways: dict[str, tuple[Transition, ...]] = {start: ()}
        waiting = deque([start])
        while waiting and end not in ways:
            here = waiting.popleft()
            for transition in self.available(here):
                if transition.to not in ways:
                    ways[transition.to] = (*ways[here], transition)
                    waiting.append(transition.to)
        return ways.get(end)


_TO_DO = Status(id="10000", name="To Do", category="new")
_IN_PROGRESS = Status(id="3", name="In Progress", category="indeterminate")
_IN_REVIEW = Status(id="10002", name="In Review", category="indeterminate")
_DONE = Status(id="10001", name="Done", category="done")
_BLOCKED = Status(id="10003", name="Blocked", category="indeterminate")
_RESOLUTION = ScreenField(id="resolution")
_MUST_RESOLVE = ScreenField(id="resolution", required=True)

#: What a project has if nothing else is asked for. No transition is named after a status, and ids differ by status.
DELIVERY = Workflow(
    name="delivery",
    initial="To Do",
    statuses=(_TO_DO, _IN_PROGRESS, _IN_REVIEW, _DONE),
    transitions=(
        Transition(id="11", name="Start work", sources=("To Do",), to="In Progress"),
        Transition(id="21", name="Ask for review", sources=("In Progress",), to="In Review"),
        Transition(id="31", name="Ship it", sources=("In Progress",), to="Done", screen=(_RESOLUTION,)),
        Transition(id="41", name="Back to the queue", sources=("In Progress",), to="To Do"),
        Transition(id="51", name="Request changes", sources=("In Review",), to="In Progress"),
        Transition(id="61", name="Approve", sources=("In Review",), to="Done", screen=(_MUST_RESOLVE,)),
        Transition(id="71", name="Reopen", sources=("Done",), to="To Do"),
    ),
)

#: Everything that trips a client: names that lie, two ways to one status, a loop, a required field, a global way.
THORNY = Workflow(
    name="thorny",
    initial="To Do",
    statuses=(_TO_DO, _IN_PROGRESS, _BLOCKED, _DONE),
    transitions=(
        # Named after another status than the one it leads to.
        Transition(id="101", name="Done", sources=("To Do",), to="In Progress"),
        Transition(id="102", name="Add a note", sources=("In Progress",), to="In Progress"),
        # Two ways to one status: the first wants a field.
        Transition(
            id="103",
            name="Close with a reason",
            sources=("In Progress", "Blocked"),
            to="Done",
            screen=(_MUST_RESOLVE, ScreenField(id="labels")),
        ),
        Transition(id="104", name="Ship it", sources=("In Progress",), to="Done"),
        Transition(id="105", name="In Progress", sources=("Blocked",), to="To Do"),
        Transition(id="106", name="Stop everything", sources=(), to="Blocked"),
    ),
)

#: What ``--project SOC:20:NAME`` may name.
WORKFLOWS = {workflow.name: workflow for workflow in (DELIVERY, THORNY)}
