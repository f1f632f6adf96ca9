"""How guards came out in the steps that were tried: what every finding about a guard that never or always holds rests on."""

from dataclasses import dataclass, field

from engine.machine.reasons import HELD, HELD_BUT, UNFINISHED
from engine.model import Candidate


@dataclass(slots=True, kw_only=True)
class Judged:
    """How the guards of transitions came out in all steps that were tried, by their places in the text."""

    #: It held, whether or not the transition was taken.
    held: set[str] = field(default_factory=set)
    #: It did not hold.
    failed: set[str] = field(default_factory=set)
    #: One before it was taken, so that nobody asked.
    untried: set[str] = field(default_factory=set)
    #: It held, and then something that the transition does could not be evaluated: why not, the first time.
    hindered: dict[str, str] = field(default_factory=dict)

    def learn(self, candidates: tuple[Candidate, ...]) -> None:
        """Take in what the trace of a step says."""
        for candidate in candidates:
            held, hindered, why = candidate.reason.partition(HELD_BUT)
            if hindered and why != UNFINISHED and held.startswith(HELD):
                self.hindered.setdefault(candidate.place, why)
            if candidate.taken or "guard held" in candidate.reason or held.startswith(HELD):
                self.held.add(candidate.place)
            elif candidate.reason.startswith("not tried"):
                self.untried.add(candidate.place)
            else:
                self.failed.add(candidate.place)
