"""Who answers what while a machine is explored: as few people and comments as make a difference. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.frozen import frozen
from engine.machine.approvals import agreeing, parts_of
from engine.machine.definition import Machine
from engine.machine.expression import Expression
from engine.model import AWAIT, Snapshot

if TYPE_CHECKING:
    from engine.machine.definition import Receive
    from engine.machine.facts import Chooser
    from engine.machine.question import Question

#: With more people than this who are not alike, only some of them answer.
MOST_PEOPLE = 8
#: What guards may ask of an answer besides who gives it.
_COMMENT = ("event", "comment")
#: What is known of an answer that is tried.
_KNOWN = frozenset(("event", name) for name in ("who", "choice", "state", "answers", "opened"))


@frozen
class People:
    """Whom to let answer."""

    #: It makes a difference who answers, not only how many do.
    told_apart: bool

    @classmethod
    def of(cls, machine: Machine, claims: Sequence[Expression]) -> "People":
        """Find out whether the machine, or what is claimed about it, looks at who answers."""
        reactions = (r for s in machine.states.values() for r in (s.on_enter, s.on_exit) if r is not None)
        said = [e for t in machine.transitions for e in (t.guard, t.set)]
        said += [*(r.set for r in reactions), *(s.payload for s in machine.states.values())]
        said += [e for r in machine.raises() for e in r.expressions()]
        looked = [*claims, *(e for e in said if e is not None)]
        used, _ = machine.names.used_by(looked)
        read = [*looked, *(machine.names.locals[name] for name in used)]
        paths = (r.steps for e in read for r in e.references if r.root == "event")
        return cls(told_apart=any(not steps or steps[0] in ("who", "answers") for steps in paths))

    def runs(
        self, question: "Question", names: Callable[..., dict[str, Any]], snapshot: Snapshot
    ) -> "Iterator[tuple[Chooser, Receive | None, Mapping[str, str] | None]]":
        """The runs of a question, and for an answer who gives it and perhaps with what comment."""
        answers: list[Mapping[str, str] | None] = [None]
        if question.event.startswith(AWAIT):
            comments = [c for c in question.values_of(_COMMENT) if isinstance(c, str) and c]
            comments = comments if _COMMENT in question.known else []
            people = self.answers(question.event, snapshot)
            answers = [{"who": p, **c} for p in people for c in ({}, *({"comment": c} for c in comments))]
        for answer in answers:
            for chooser, receive in question.runs(names, snapshot.context):
                yield chooser, receive, answer

    def answers(self, event: str, snapshot: Snapshot) -> Iterator[str]:
        """Who can give the answer that the event is: all that make a difference."""
        state, choice = parts_of(event)
        asked = snapshot.awaits.get(state)
        if asked is None:
            return
        agreed = [answer["who"] for answer in agreeing(asked["answers"], choice)]
        said = {answer["who"]: answer["choice"] for answer in asked["answers"]}
        alike: set[str | None] = set()
        for number, name in enumerate(n for n in asked["from"] if n not in agreed):
            if self.told_apart:
                if number < MOST_PEOPLE:
                    yield name
            elif said.get(name) not in alike:
                alike.add(said.get(name))
                yield name

    def sampled(self, snapshot: Snapshot) -> str:
        """Why these are not all who make a difference; empty if they are."""
        most = max((len(asked["from"]) for asked in snapshot.awaits.values()), default=0)
        if not self.told_apart or most <= MOST_PEOPLE:
            return ""
        return f"of {most} people who may answer, {MOST_PEOPLE} were tried"


def all_known(question: "Question") -> bool:
    """Whether everything that is opaque about an answer is known anyway: all is, but the words of its comment."""
    asked = question.uses.of
    hidden = any(
        use.opaque and path[:2] not in _KNOWN and path[0] != "context" for path, use in asked.items()
    )
    return not hidden and not any(path[0] in ("now", "entity", "delivery") for path in asked)


def standing(snapshot: Snapshot) -> list[Any]:
    """What of the approvals makes a difference to what can happen next."""
    return [
        [state, asked["from"], sorted([a["who"], a["choice"]] for a in asked["answers"])]
        for state, asked in sorted(snapshot.awaits.items())
    ]
