"""Every verdict in words: what it means, and what whoever meets it at night does about it.

The table of docs/language.md says the same; a test holds the two together.
"""

from collections.abc import Mapping
from typing import NamedTuple

from engine.model import Verdict


class VerdictWords(NamedTuple):
    """One verdict in words."""

    meaning: str
    do: str


_NOTHING = "nothing"

VERDICTS: Mapping[Verdict, VerdictWords] = {
    Verdict.MOVED: VerdictWords("a transition was taken", _NOTHING),
    Verdict.STAYED: VerdictWords(
        "a transition without a target was taken: what it sets and calls is done, the state is kept. Or people are asked "
        "now, in a state that was entered before the definition said so",
        _NOTHING,
    ),
    Verdict.ENDED: VerdictWords(
        "the transition leads to `<end>`: the event is known here, and to be ignored", _NOTHING
    ),
    Verdict.ALREADY_THERE: VerdictWords(
        "no transition of the state knows the event, and from another state it would lead to this one: the entity was "
        "moved before, or by another hand. Nothing is called",
        "nothing; declare the event in this state if it was to lead on",
    ),
    Verdict.EVENT_NOT_REGISTERED: VerdictWords(
        "no transition of the state knows the event, and it leads here from no other",
        "often right; else declare it",
    ),
    Verdict.GUARDED: VerdictWords(
        "transitions know the event, and no guard held",
        "often right; the candidates of the decision say what each guard saw",
    ),
    Verdict.UNEVALUATED: VerdictWords(
        "a guard held, but what it would call could not be evaluated: nothing moves",
        "mend the expression that `because` names, then let the event come again",
    ),
    Verdict.UNALIASED: VerdictWords(
        "the backend's status has no alias", "add it to the aliases, and a state for it"
    ),
    Verdict.STATE_NOT_FOUND: VerdictWords(
        "the instance's state is not in the machine. Where no backend says where the entity is, its events are parked with "
        "this word, and decided when a definition has the state",
        "load a definition that has the state, if only to lead on from it",
    ),
    Verdict.REPEATED: VerdictWords(
        "`once_per` had this value before, or the same person gave the same answer", _NOTHING
    ),
    Verdict.LATE: VerdictWords("`ordered_by` is older than that of an event decided before", _NOTHING),
    Verdict.TIMER_CANCELLED: VerdictWords(
        "the timer was cancelled, or set anew, while its event waited", _NOTHING
    ),
    Verdict.ENDLESS: VerdictWords(
        "`always` blocks, raised events, or timers that hardly wait, follow one another without end: nothing moves",
        "mend the definition, then let another event come",
    ),
    Verdict.COUNTED: VerdictWords("a person's answer counts, and more people have to give it", _NOTHING),
    Verdict.NOT_ALLOWED: VerdictWords(
        "the person is none of those who may answer",
        "add the name to `from`, if it should; the next time the state is entered, it holds",
    ),
    Verdict.NOT_AWAITED: VerdictWords(
        "nobody is asked, or not any more: what was answered is closed",
        "`interlock show ENTITY` says who was first",
    ),
    Verdict.ENTITY_NOT_FOUND: VerdictWords(
        "the backend does not know the entity, or hides it", "check the account's permission to browse"
    ),
    Verdict.UNOBSERVED: VerdictWords(
        "the backend did not say where the entity is, and will not", "`because` has the backend's own words"
    ),
    Verdict.NO_MACHINE: VerdictWords(
        "the project has no machine any more: neither `workers.yaml` nor the definitions name it. Its events are parked "
        "with this word, and decided when they do",
        "put it back; if it is out of service for good, `interlock deadletters bury --project NAME`",
    ),
}
