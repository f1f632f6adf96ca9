"""What people are asked, and what they answer: an approval of an instance, and the event that an answer is. Pure.

A state with an `await` block opens an approval when it is entered and closes it when it is left. What was asked is kept in
the snapshot, so that it can be shown, and held against an answer, without the definition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.frozen import frozen
from engine.language.values import show
from engine.machine.values import composed, timestamp
from engine.model import AWAIT, Entity, Event, Snapshot, Verdict

#: The most names that one approval may list, and the longest of them.
MOST_PEOPLE = 1_000
LONGEST_NAME = 200
_MOST_LISTED = 10
#: The longest comment, in characters.
LONGEST_COMMENT = 10_000


@frozen
class Answer:
    """What one person said."""

    who: str
    choice: str
    comment: str
    #: When it was received: RFC 3339 in UTC.
    at: str


@frozen
class Approval:
    """What an instance asks people while it is in a state."""

    #: The state's full name.
    state: str
    #: The version of the instance with which it was opened: another one of the same state has another.
    opened: int
    #: Since when: RFC 3339 in UTC.
    since: str
    #: Who may answer.
    people: tuple[str, ...]
    #: What may be answered, and how many people have to say so at least.
    choices: Mapping[str, int]
    #: When the next timer is due that may close it: RFC 3339 in UTC; None without one.
    until: str | None
    #: What was said so far that counts and does not suffice.
    answers: tuple[Answer, ...]


def approvals_of(snapshot: Snapshot) -> tuple[Approval, ...]:
    """What the instance asks now, by the state's name."""
    return tuple(
        Approval(
            state=state,
            opened=asked["opened"],
            since=asked["since"],
            people=tuple(asked["from"]),
            choices=dict(asked["choices"]),
            until=min((snapshot.timers[t] for t in asked["ends"] if t in snapshot.timers), default=None),
            answers=tuple(Answer(**answer) for answer in asked["answers"]),
        )
        for state, asked in sorted(snapshot.awaits.items())
    )


def names_of(value: Any) -> list[str]:
    """The names in the value of `from`: one text or several; `ValueError` says what is wrong with another value."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
        raise ValueError(f"is neither a name nor a list of names: it is {show(value)}")
    names = list(dict.fromkeys(composed(name) for name in listed))
    if not names:
        raise ValueError("names nobody")
    if len(names) > MOST_PEOPLE:
        raise ValueError(f"has more than {MOST_PEOPLE} names")
    for name in names:
        check_name(name)
    return names


def check_name(name: str) -> None:
    """`ValueError` if it cannot be a person's name."""
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ValueError(
            f"has {show(name)}, which is not a name: 1 to {LONGEST_NAME} printable characters are"
        )


def event_name(state: str, choice: str) -> str:
    """The name of the event that an answer is; `state` is empty where nobody knew what is answered."""
    return f"{AWAIT}{state}.{choice}" if state else f"{AWAIT}{choice}"


def answer_event(
    entity: Entity, *, state: str, opened: int | None, answer: Answer, before: Answer | None = None
) -> Event:
    """The event of an answer to the approval that was `opened` with that version in that state.

    `before` is the answer that had been taken when this one came too late.
    """
    payload: dict[str, Any] = {**said(answer), "state": state, "opened": opened}
    if before is not None:
        payload["before"] = said(before)
    return Event(name=event_name(state, answer.choice), entity=entity, payload=payload)


def said(answer: Answer) -> dict[str, str]:
    """An answer as snapshots and expressions have it."""
    return {"who": answer.who, "choice": answer.choice, "comment": answer.comment, "at": answer.at}


def is_answer(event: Event) -> bool:
    """Whether an event is what a person answered."""
    return event.receive is None and is_answer_name(event.name) and isinstance(event.payload, Mapping)


def is_answer_name(name: str) -> bool:
    """Whether an event of that name is what a person answered."""
    return name.startswith(AWAIT)


def parts_of(event: str) -> tuple[str, str]:
    """The state and the choice in the name of an answer's event; the state is empty where nobody knew it."""
    state, _, choice = event.removeprefix(AWAIT).rpartition(".")
    return state, choice


def completed(event: Event, snapshot: Snapshot | None, now: datetime) -> Event:
    """An answer's event that says who, and perhaps a comment, with all the rest: it answers what is asked now."""
    if not is_answer(event):
        return event
    state, choice = parts_of(event.name)
    asked = None if snapshot is None else snapshot.awaits.get(state)
    rest = {
        "who": "",
        "comment": "",
        "at": timestamp(now),
        "opened": None if asked is None else asked["opened"],
    }
    return replace(event, payload={**rest, **event.payload, "choice": choice, "state": state})


def refusal(asked: Mapping[str, Any] | None, said: Mapping[str, Any], at: str) -> tuple[Verdict, str] | None:
    """Why an answer is not to be decided, with its verdict; None if it is.

    `asked` is what its state asks now, if it does, and `at` where the instance is.
    """
    who, choice, state, opened = (said[name] for name in ("who", "choice", "state", "opened"))
    before = said.get("before")
    by = ""
    if isinstance(before, Mapping):
        by = f'; "{before.get("who")}" had answered "{before.get("choice")}" at {before.get("at")}'
    if asked is None:
        over = "" if opened is None else f': what "{state}" asked since version {opened} is closed'
        return Verdict.NOT_AWAITED, f'nobody is asked "{choice}" in "{at}"{over}{by}'
    if asked["opened"] != opened:
        over = "now was opened only later" if opened is None else f"since version {opened} is closed{by}"
        because = f'what "{state}" asked {over}: look again, and answer what is asked now'
        return Verdict.NOT_AWAITED, because
    if who not in asked["from"]:
        return Verdict.NOT_ALLOWED, f'"{who}" may not answer in "{state}": {listed(asked["from"])} may'
    if any(a["who"] == who and a["choice"] == choice for a in asked["answers"]):
        return Verdict.REPEATED, f'"{who}" has answered "{choice}" already'
    return None


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: not more than can be read."""
    shown = ", ".join(f'"{name}"' for name in names[:_MOST_LISTED])
    return shown if len(names) <= _MOST_LISTED else f"{shown} and {len(names) - _MOST_LISTED} more"


def heard(asked: Mapping[str, Any], payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The answers with a new one, which takes the place of what the same person said before."""
    answer = {name: str(payload.get(name, "")) for name in ("who", "choice", "comment", "at")}
    return [*(a for a in asked["answers"] if a["who"] != answer["who"]), answer]


def agreeing(answers: Sequence[Mapping[str, Any]], choice: str) -> list[Mapping[str, Any]]:
    """Those of the answers that make that choice, in order."""
    return [answer for answer in answers if answer["choice"] == choice]
