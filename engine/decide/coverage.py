"""Which states, transitions and guard outcomes the tests of a machine went through. Pure."""

from collections.abc import Iterable

from engine.frozen import frozen
from engine.machine.definition import ALWAYS, TOGETHER, Machine
from engine.model import Step

#: How the reason of a candidate begins whose guard came out true, or false.
_TRUE = ("guard held",)
_FALSE = ("guard false", "guard could not be evaluated", "guard is neither")


@frozen
class Part:
    """One thing that can be covered."""

    #: In words: ``in_review -> done on "merged"``.
    name: str
    #: Where it stands: ``dev.hcl:12:5``.
    place: str
    covered: bool


@frozen
class Coverage:
    """What was covered of one machine."""

    project: str
    states: tuple[Part, ...]
    transitions: tuple[Part, ...]
    #: Two for each guard: it was true, it was false.
    guards: tuple[Part, ...]

    def rows(self) -> tuple[tuple[str, tuple[Part, ...]], ...]:
        """What is counted, by its name."""
        return (("states", self.states), ("transitions", self.transitions), ("guard outcomes", self.guards))


def _active(machine: Machine, text: str) -> set[str]:
    """The states that a snapshot's state names, and those around them."""
    found: set[str] = set()
    for name in text.split(TOGETHER):
        at: str | None = name
        while at is not None and at in machine.states:
            found.add(at)
            at = machine.states[at].parent
    return found


def _on(event: str) -> str:
    """What a transition waits for, in words."""
    return "always" if event == ALWAYS else f'on "{event}"'


def coverage(machine: Machine, steps: Iterable[Step]) -> Coverage:
    """What these steps covered of the machine."""
    states: set[str] = set()
    taken: set[str] = set()
    outcomes: set[tuple[str, bool]] = set()
    for one in steps:
        trace = one.trace
        for text in (trace.before, trace.after, *(passage.state for passage in one.passed)):
            states.update(_active(machine, text or ""))
        for candidate in trace.candidates:
            if candidate.taken:
                taken.add(candidate.place)
            if candidate.reason.startswith(_TRUE):
                outcomes.add((candidate.place, True))
            elif candidate.reason.startswith(_FALSE):
                outcomes.add((candidate.place, False))
    named = [
        (f"{t.source} -> {t.target or 'itself'} {_on(t.event)}", str(t.span), t.guard)
        for t in machine.transitions
    ]
    return Coverage(
        project=machine.name,
        states=tuple(
            Part(name=s.name, place=str(s.span), covered=s.name in states) for s in machine.states.values()
        ),
        transitions=tuple(Part(name=name, place=place, covered=place in taken) for name, place, _ in named),
        guards=tuple(
            Part(
                name=f"{name}: {guard.text} is {'true' if outcome else 'false'}",
                place=place,
                covered=(place, outcome) in outcomes,
            )
            for name, place, guard in named
            if guard is not None
            for outcome in (True, False)
        ),
    )
