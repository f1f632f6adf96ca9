"""What people answer: written down durably like a delivery, decided in the entity's lane, told in the log."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from engine.decide.decide import Decision
from engine.errors import AmbiguousAnswerError, MalformedAnswerError, UnknownEntityError
from engine.frozen import frozen
from engine.machine.approvals import (
    LONGEST_COMMENT,
    Answer,
    Approval,
    answer_event,
    approvals_of,
    check_name,
    is_answer_name,
)
from engine.machine.values import canonical, composed, timestamp
from engine.model import Entity, Snapshot, Verdict
from engine.store import inbox, instances
from engine.store.database import Connection, Store
from engine.store.encoding import decode
from engine.store.inbox import InboxRow
from engine.store.instances import Instance
from engine.store.tables import InboxStatus

log = structlog.get_logger()

#: An answer with one of these verdicts took effect: the same one again is the same answer.
_TOOK_EFFECT = (None, Verdict.MOVED, Verdict.STAYED, Verdict.ENDED, Verdict.COUNTED)
#: So many of an entity's last events are looked at for the answer that was taken.
_LOOKED_BACK = 20
#: So many names a log line shows.
_MOST_NAMED = 10


@frozen
class Asked:
    """One open approval, and whose it is."""

    entity: Entity
    approval: Approval


@frozen
class Given:
    """An answer as it was given."""

    #: The entity's name, upper and lower case alike.
    entity: str
    #: Its project; None = whichever has an entity of that name.
    project: str | None = None
    #: The state that asks; None = the one that does.
    state: str | None = None
    #: The version with which that was opened; None = what is open now.
    opened: int | None = None
    choice: str
    #: Under which name: stated by the caller, and believed.
    who: str
    comment: str = ""


@frozen
class Accepted:
    """An answer that is in the inbox, or was already."""

    #: The number of its event in the inbox.
    number: int
    entity: Entity
    #: The state that it answers, empty where nobody was asked.
    state: str
    #: The same person gave the same answer before: that event decides.
    duplicate: bool


@frozen
class Outcome:
    """What became of an answer."""

    number: int
    entity: Entity
    event: str
    status: InboxStatus
    #: None as long as it is not decided.
    verdict: Verdict | None
    because: str


class Answering:
    """Accepts answers while a daemon runs."""

    def __init__(self, store: Store, wake: Callable[[Entity], None], clock: Callable[[], datetime]) -> None:
        """Take the parts; `wake` is told of each entity that was answered about."""
        self._store = store
        self._wake = wake
        self._clock = clock

    async def accept(self, given: Given) -> Accepted:
        """Write an answer down durably; what `answer` raises, and `StoreError` when nothing was written."""
        accepted = await self._store.commit(lambda c: answer(c, given, self._clock()), locks=[lock_of(given)])
        said = {"entity": accepted.entity.id, "project": accepted.entity.project, "state": accepted.state}
        if accepted.duplicate:
            log.info("answer.duplicate", **said, who=given.who, choice=given.choice, number=accepted.number)
        else:
            log.info("answer.received", **said, who=given.who, choice=given.choice, number=accepted.number)
        self._wake(accepted.entity)
        return accepted


def lock_of(given: Given) -> str:
    """What a work that answers must lock, so that two equal answers cannot both be the first."""
    return f"answer/{given.entity.casefold()}"


def answer(c: Connection, given: Given, now: datetime) -> Accepted:
    """Put an answer at the end of its entity's lane, inside one submitted work with the lock `lock_of`.

    Whether it is allowed, in time and needed is decided there. Raises `UnknownEntityError`, `AmbiguousAnswerError` or
    `MalformedAnswerError` where there is nothing to decide; then nothing is written.
    """
    who = _checked(given)
    instance = _instance(c, given)
    entity = Entity(project=instance.project, id=instance.entity_id)
    asked = _asked(given, instance.snapshot)
    state = given.state or ""
    opened = given.opened
    if asked is not None:
        if given.choice not in asked.choices:
            choices = ", ".join(asked.choices)
            raise MalformedAnswerError(
                f'"{asked.state}" takes no answer "{given.choice}"; it takes {choices}'
            )
        state = asked.state
        opened = asked.opened if opened is None else opened
    once = canonical([state, opened, who])
    twin = inbox.latest_answer(c, entity, once)
    if twin is not None and opened is not None and _is_same(twin, given):
        return Accepted(number=twin.id, entity=entity, state=state, duplicate=True)
    said = Answer(who=who, choice=given.choice, comment=given.comment, at=timestamp(now))
    late = asked is None or asked.opened != opened
    before = _taken_before(c, entity) if late else None
    event = answer_event(entity, state=state, opened=opened, answer=said, before=before)
    number = inbox.insert_answer(c, entity.project, event, once, now)
    return Accepted(number=number, entity=entity, state=state, duplicate=False)


def _checked(given: Given) -> str:
    who = composed(given.who)
    try:
        check_name(who)
    except ValueError as problem:
        raise MalformedAnswerError(f"the answer {problem}") from None
    if not given.choice or not given.choice.isprintable() or "." in given.choice:
        raise MalformedAnswerError("the answer says nothing that a state could take, such as approve")
    if len(given.comment) > LONGEST_COMMENT:
        raise MalformedAnswerError(f"the comment is longer than {LONGEST_COMMENT} characters")
    return who


def _instance(c: Connection, given: Given) -> Instance:
    found = [
        i
        for i in instances.find(c, given.entity)
        if given.project is None or i.project == given.project.lower()
    ]
    if not found:
        raise UnknownEntityError(
            f"nothing was decided about {given.entity} yet: `interlock approvals list` shows all that is asked"
        )
    if len(found) > 1:
        projects = ", ".join(i.project for i in found)
        raise AmbiguousAnswerError(f"several projects have {given.entity}: name one of {projects}")
    return found[0]


def _asked(given: Given, snapshot: Snapshot) -> Approval | None:
    """What is answered; None if nothing fits."""
    found = [a for a in approvals_of(snapshot) if given.state in (None, a.state)]
    found = [a for a in found if given.opened in (None, a.opened)] or found
    fitting = [a for a in found if given.choice in a.choices] or found
    if len(fitting) > 1:
        states = ", ".join(a.state for a in fitting)
        raise AmbiguousAnswerError(f"several states of {given.entity} ask: name one of {states}")
    return fitting[0] if fitting else None


def _is_same(twin: InboxRow, given: Given) -> bool:
    if twin.status in (InboxStatus.DEAD, InboxStatus.DROPPED) or twin.verdict not in _TOOK_EFFECT:
        return False
    said: Mapping[str, Any] = decode(twin.payload or "{}")
    return bool((said["choice"], said["comment"]) == (given.choice, given.comment))


def _taken_before(c: Connection, entity: Entity) -> Answer | None:
    """The last answer about an entity that was taken; None if none of its last events was."""
    for row in inbox.of_entity(c, entity.project, entity.id, _LOOKED_BACK):
        if is_answer_name(row.event) and row.verdict in (Verdict.MOVED, Verdict.STAYED):
            said: Mapping[str, Any] = decode(row.payload or "{}")
            return Answer(**{name: str(said.get(name, "")) for name in ("who", "choice", "comment", "at")})
    return None


def open_approvals(c: Connection, limit: int, project: str | None = None) -> list[Asked]:
    """What is asked now, the longest open first."""
    found = instances.awaiting(c, limit, None if project is None else project.lower())
    return [asked for instance in found for asked in asked_of(instance)]


def approvals_by(c: Connection, entity: str, project: str | None = None) -> list[Asked]:
    """What an entity asks now, upper and lower case alike; one of each project that has it, or of that one."""
    found = instances.find(c, entity)
    return [asked for i in found if project is None or i.project == project.lower() for asked in asked_of(i)]


def asked_of(instance: Instance) -> list[Asked]:
    """What an instance asks."""
    entity = Entity(project=instance.project, id=instance.entity_id)
    return [Asked(entity=entity, approval=approval) for approval in approvals_of(instance.snapshot)]


def outcome(c: Connection, number: int) -> Outcome:
    """What became of the answer of that number; `UnknownEntityError` if there is none."""
    row = inbox.get(c, number)
    if row is None or not is_answer_name(row.event):
        raise UnknownEntityError(f"event {number} is no answer")
    return Outcome(
        number=row.id,
        entity=Entity(project=row.project, id=row.entity_id),
        event=row.event,
        status=row.status,
        verdict=row.verdict,
        because=row.because,
    )


def as_json(asked: Asked) -> dict[str, Any]:
    """An open approval as the API and ``--json`` have it."""
    approval = asked.approval
    return {
        "entity": asked.entity.id,
        "project": asked.entity.project,
        "state": approval.state,
        "opened": approval.opened,
        "since": approval.since,
        "until": approval.until,
        "from": list(approval.people),
        "choices": dict(approval.choices),
        "answers": [
            {"who": a.who, "choice": a.choice, "comment": a.comment, "at": a.at} for a in approval.answers
        ],
    }


def tell(decision: Decision, said: Mapping[str, Any]) -> None:
    """Log what a committed decision asked, and what it did with an answer."""
    before = _open_before(decision)
    after = {(a.state, a.opened): a for a in approvals_of(decision.step.snapshot)}
    payload = decision.facts["event"].get("payload")
    if is_answer_name(decision.step.trace.event) and isinstance(payload, Mapping):
        log.info(
            "approval.answered",
            **said,
            state=payload.get("state"),
            who=payload.get("who"),
            choice=payload.get("choice"),
            verdict=decision.step.trace.verdict.value,
            because=decision.step.trace.because,
        )
    for state, opened in before - after.keys():
        log.info("approval.closed", **said, state=state, opened=opened, by=decision.step.trace.event)
    for (state, opened), approval in after.items():
        if (state, opened) not in before:
            log.info(
                "approval.opened",
                **said,
                state=state,
                opened=opened,
                asks=list(approval.people[:_MOST_NAMED]),
                choices=list(approval.choices),
                until=approval.until,
            )


def _open_before(decision: Decision) -> set[tuple[str, int]]:
    snapshot = decision.facts["snapshot"] or {}
    return {(state, asked["opened"]) for state, asked in snapshot.get("awaits", {}).items()}
