"""Why a transition was or was not taken, in words for the operator: traces keep them."""

from collections.abc import Mapping
from typing import Any

from engine.errors import EvaluationError
from engine.language.values import truth
from engine.machine.expression import Expression
from engine.model import Candidate

NO_GUARD = "no guard"
#: How the reason of a transition begins that could be taken, and what follows there if it could not be evaluated.
HELD, HELD_BUT = (NO_GUARD, "guard held"), ", but "
#: What follows where it was another one that could not be evaluated, or was none.
UNFINISHED = "the step could not be finished"
#: Why the second of two transitions is not taken that would leave the same state.
LEFT_ALREADY = "another one leaves the same state"
NOT_TRIED = "not tried: an earlier one was taken"
HINDERED = "not tried: an earlier one held and could not be evaluated"


def judge(guard: Expression, scope: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a guard holds, and why, in words for the operator."""
    try:
        value = guard.evaluate(scope)
    except EvaluationError as problem:
        return False, f"guard could not be evaluated: {problem}"
    held = truth(value)
    if held is None:
        return False, f"guard is neither true nor false: it is {guard.shown(value, scope)}"
    seen = guard.seen(scope)
    return held, ("guard held" if held else "guard false") + (f": {seen}" if seen else "")


def untaken(candidate: Candidate) -> Candidate:
    """A candidate of an earlier round of a step that was not made after all."""
    if not candidate.taken:
        return candidate
    return Candidate(
        source=candidate.source,
        target=candidate.target,
        taken=False,
        reason=f"{candidate.reason}{HELD_BUT}{UNFINISHED}",
        place=candidate.place,
        on=candidate.on,
    )
