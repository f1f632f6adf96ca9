"""What holds whatever else may be possible: claims about states alone, held against more than can happen. Pure.

Where a transition is neither known to be possible nor to be impossible, it is taken to be possible, and so is everything from
there on, whatever guards say. What holds then holds.
"""

from collections.abc import Iterable, Iterator

from engine.errors import EvaluationError
from engine.language.values import truth
from engine.machine.definition import ALWAYS, Kind, Transition
from engine.machine.explore import Explorer
from engine.machine.expression import Expression
from engine.machine.properties import Claim, Property
from engine.machine.space import Space
from engine.model import END

#: What a condition may look at.
_STATES = frozenset({"state", "previous", "var", "local"})


def holds_anyway(explorer: Explorer, space: Space, claimed: Property) -> bool:
    """Whether nothing that was left open can break a condition, which nothing that is known breaks."""
    condition = claimed.condition
    kinds = {state.kind for state in explorer.machine.states.values()}
    if condition is None or kinds != {Kind.ATOMIC} or not _looks_at_states_alone(explorer, condition):
        return False
    wanted = claimed.claim is Claim.ALWAYS
    return all(_comes_out(explorer, condition, *pair) is wanted for pair in _perhaps(explorer, space))


def _looks_at_states_alone(explorer: Explorer, condition: Expression) -> bool:
    names = explorer.machine.names
    used, _ = names.used_by([condition])
    read = [condition, *(names.locals[name] for name in used)]
    return {r.root for e in read for r in e.references} <= _STATES


def _comes_out(explorer: Explorer, condition: Expression, before: str, after: str) -> bool | None:
    try:
        return truth(condition.evaluate(explorer.machine.names.scope(state=after, previous=before)))
    except EvaluationError:
        return None


def _perhaps(explorer: Explorer, space: Space) -> Iterator[tuple[str, str]]:
    """Where moves may begin and what they may come to, beyond what is known."""
    todo = [(space.configurations[key].snapshot.state, found) for key, found in space.undecided.items()]
    unseen = (
        space.configurations.keys() if space.sampled else space.configurations.keys() - space.moves.keys()
    )
    states = {space.configurations[key].snapshot.state for key in unseen}
    todo += [(state, tuple(explorer.leaving(state))) for state in sorted(states)]
    done: set[tuple[str, str]] = set()
    while todo:
        before, transitions = todo.pop()
        for after in _may_come_to(explorer, before, transitions):
            if (before, after) not in done:
                done.add((before, after))
                yield before, after
                if after not in states:
                    states.add(after)
                    todo.append((after, tuple(explorer.leaving(after))))


def _may_come_to(explorer: Explorer, before: str, transitions: Iterable[Transition]) -> set[str]:
    """The states that a move comes to or through that begins with one of these, whatever follows by itself."""
    targets = (before if t.target is None else t.target for t in transitions if t.target != END)
    found = set(targets)
    todo = list(found)
    while todo:
        for transition in explorer.leaving(todo.pop()):
            follows = transition.event == ALWAYS or explorer.answers.may_follow(transition.event)
            target = transition.target
            if follows and target is not None and target != END and target not in found:
                found.add(target)
                todo.append(target)
    return found
