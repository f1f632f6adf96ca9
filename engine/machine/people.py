"""Who answers what while a machine is explored: as few people and comments as make a difference. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.frozen import frozen
from engine.machine.answer_looks import looks_at_more_than_names
from engine.machine.approvals import agreeing, parts_of
from engine.machine.atoms import Uses
from engine.machine.definition import Machine
from engine.machine.expression import Expression
from engine.machine.flows import arguments_of, reactions_of
from engine.machine.use import Path
from engine.model import AWAIT, Snapshot

if TYPE_CHECKING:
    from engine.machine.definition import Receive
    from engine.machine.facts import Chooser
    from engine.machine.question import Question

#: With more people than this who are not alike, only some of them answer.
MOST_PEOPLE = 8
#: Of what can only be sampled, so many comments are tried.
_MOST_COMMENTS = 6
#: What guards may ask of an answer besides who gives it.
_COMMENT = ("event", "comment")
#: What was answered before.
_ANSWERS = ("event", "answers")
#: What is known of an answer that is tried.
_KNOWN = frozenset(("event", name) for name in ("who", "choice", "state"))
#: What differs with the time at which it comes: no value that is tried stands for it.
_OF_THE_MOMENT = frozenset({"at", "opened"})


@frozen
class People:
    """Whom to let answer."""

    #: It makes a difference who answers, not only how many do.
    told_apart: bool
    #: So does which answer came first.
    in_order: bool
    #: So does what else was said in answers before.
    more: bool

    @classmethod
    def of(cls, machine: Machine, claims: Sequence[Expression]) -> "People":
        """Find out whether the machine, or what is claimed about it, looks at who answers, and at earlier answers."""
        reactions = reactions_of(machine)
        said = [e for t in (*machine.transitions, *reactions) for e in (t.guard, t.set)]
        said += [e for r in machine.raises() for e in r.expressions()]
        said += [s.payload for s in machine.states.values()]
        said += [s.awaits.people for s in machine.states.values() if s.awaits is not None]
        said += [timer.delay for s in machine.states.values() for timer in s.timers]
        arguments = Uses(names=machine.names)
        for transition in (*machine.transitions, *reactions):
            for argument in arguments_of(transition):
                arguments.value(argument.node)
        looked = [*claims, *(e for e in said if e is not None)]
        used, _ = machine.names.used_by(looked)
        read = [*looked, *(machine.names.locals[name] for name in used)]
        steps = [r.steps for e in read for r in e.references if r.root == "event"]
        # An argument that only writes down who it was comes out for everybody alike.
        steps += [path[1:] for path, use in arguments.of.items() if path[0] == "event" and use.opaque]
        return cls(
            told_apart=any(not found or found[0] in ("who", "answers") for found in steps),
            in_order=any(not found or found[0] == "answers" for found in steps),
            more=any(looks_at_more_than_names(e.node) for e in read),
        )

    def runs(
        self, question: "Question", names: Callable[..., dict[str, Any]], snapshot: Snapshot
    ) -> "Iterator[tuple[Chooser, Receive | None, Mapping[str, str] | None]]":
        """The runs of a question, and for an answer who gives it and perhaps with what comment."""
        answers: list[Mapping[str, str] | None] = [None]
        if question.event.startswith(AWAIT):
            comments = self._comments(question)
            people = self.answers(question.event, snapshot)
            answers = [{"who": p, **c} for p in people for c in ({}, *({"comment": c} for c in comments))]
        for answer in answers:
            for chooser, receive in question.runs(names, snapshot.context):
                yield chooser, receive, answer

    def _comments(self, question: "Question") -> list[str]:
        """The comments that make a difference, now or when the answer is one of those before."""
        found: dict[str, None] = {}
        for path in sorted(question.known):
            if path == _COMMENT or (self.more and path[:2] == _ANSWERS):
                tried = [c for c in question.values_of(path) if isinstance(c, str) and c]
                found |= dict.fromkeys(tried if path == _COMMENT else tried[:_MOST_COMMENTS])
        return list(found)

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

    def knows(self, question: "Question") -> bool:
        """Whether everything that is asked about an answer is known: all is, but the words of a comment, and the moment."""
        asked = question.uses.of
        if any(path[0] in ("now", "entity", "delivery") or _of_the_moment(path) for path in asked):
            return False
        for path, use in asked.items():
            if path[:2] == _ANSWERS:
                hidden = self.more and bool(use.opaque or use.joined or use.ordered)
            else:
                hidden = use.opaque and path[:2] not in _KNOWN and path[0] != "context"
            if hidden:
                return False
        return True

    def standing(self, snapshot: Snapshot) -> list[Any]:
        """What of the approvals makes a difference to what can happen next."""
        return [
            [state, asked["from"], self._kept(asked["answers"])]
            for state, asked in sorted(snapshot.awaits.items())
        ]

    def _kept(self, answers: Sequence[Mapping[str, str]]) -> list[list[str]]:
        names = ("who", "choice", "comment") if self.more else ("who", "choice")
        kept = [[answer[name] for name in names] for answer in answers]
        return kept if self.in_order else sorted(kept)


def _of_the_moment(path: Path) -> bool:
    """Whether it is a part of an answer, or of one before, that differs with the time at which it comes."""
    part = path[3:4] if path[:2] == _ANSWERS else path[1:2]
    return path[0] == "event" and bool(_OF_THE_MOMENT & set(part))
