"""Decide again from history: recorded facts, the stored text of the definition, the stored body. No effects, no network.

`Replay.row` decides one recorded decision again and says what differs; `Replay.entity` also walks the entity's chain of
hashes, from its checkpoint to the instance as it is now, so that a changed and a missing row show. `around` finds what no
chain leads to, a cut-off end for one.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from engine.decide.decide import Decision, decide_again
from engine.errors import MalformedBodyError, StoreError
from engine.frozen import frozen
from engine.machine.compile import CompiledProvisioner, compile_definition, unhidden
from engine.machine.masks import shown_effect, shown_memory
from engine.machine.read import read_again
from engine.model import Verdict
from engine.run.delivered import delivered
from engine.run.load import text_hash
from engine.sources.catalog import SOURCES
from engine.store import agreement, checkpoints, definitions, deliveries, history, inbox, instances, outbox
from engine.store.database import Connection
from engine.store.encoding import encode, settled
from engine.store.history import HistoryRow
from engine.store.legible import UNREADABLE, unreadable

_UNREACHED = (
    "decision {} is in the history, and neither its instance nor a later one leads to it: one between was removed, or the "
    "instance was set back"
)
#: Compiled definitions that are kept at hand.
_KEPT = 32


class Part(StrEnum):
    """What does not agree. The values are stable: they are shown and documented."""

    #: A row's own hash: the row was changed.
    ROW = "row"
    #: The hash of the row before: one was removed or replaced.
    CHAIN = "chain"
    #: The version does not follow.
    VERSION = "version"
    #: The instance is not where its newest decision left it: the end of its history is missing, or it was changed.
    INSTANCE = "instance"
    #: The stored text of the definition is missing, or is not the one that decided.
    DEFINITION = "definition"
    #: The stored body is missing, or is not the one that was received.
    BODY = "body"
    #: Decided again, the trace is another: another verdict, state or reason.
    TRACE = "trace"
    #: Inbox, outbox, timers and history tell different stories.
    TABLES = "tables"
    #: Decided again, the state or the context is another.
    SNAPSHOT = "snapshot"
    #: Decided again, the effects are others.
    EFFECTS = "effects"


@frozen
class Difference:
    """One thing that does not agree."""

    project: str
    entity_id: str
    #: The decision's version; None where it is about the instance.
    version: int | None
    part: Part
    #: One sentence for the operator.
    because: str
    #: What was recorded, and what came out now, where that can be shown; what of it is sensitive is hidden.
    recorded: Any = None
    again: Any = None


class _MissingError(Exception):
    """Something that is needed to decide again is not there, or is not what it was."""

    def __init__(self, part: Part, because: str) -> None:
        super().__init__(because)
        self.part = part
        self.because = because


class Replay:
    """Decides recorded decisions again; keeps the definitions that it has compiled."""

    def __init__(self, current: Mapping[str, CompiledProvisioner] | None = None) -> None:
        """With `current`, decide with these provisioners instead of the recorded definitions."""
        self._current = current
        self._compiled: OrderedDict[str, dict[str, CompiledProvisioner]] = OrderedDict()

    def row(self, c: Connection, row: HistoryRow) -> Iterator[Difference]:
        """What comes out differently when this decision is made again."""
        yield from self._judge(c, row, self._outcome(c, row))

    def entity(self, c: Connection, project: str, entity_id: str) -> Iterator[Difference | HistoryRow]:
        """Everything of one entity, oldest first: each row as it is come to, then what is wrong with it.

        `StoreError` at a decision that cannot be read at all; any other row that cannot be read is the last difference.
        """
        try:
            yield from self._walk(c, project, entity_id)
        except UNREADABLE as error:
            because = unreadable("a row of it", error)
            yield Difference(
                project=project, entity_id=entity_id, version=None, part=Part.ROW, because=because
            )

    def _walk(self, c: Connection, project: str, entity_id: str) -> Iterator[Difference | HistoryRow]:
        checkpoint = checkpoints.get(c, project, entity_id)
        version = checkpoint.version if checkpoint is not None else 0
        previous = checkpoint.hash if checkpoint is not None else ""
        last: HistoryRow | None = None
        left: dict[str, Any] | None = None
        for row in history.chain(c, project, entity_id):
            yield row
            sound = history.digest_of(row) == row.hash
            if not sound:
                yield _difference(row, Part.ROW, "its hash is not that of its content: it was changed")
            if row.previous_hash != previous:
                yield _difference(row, Part.CHAIN, "the decision before it was removed or replaced")
            if row.version != version + 1:
                because = f"version {row.version} follows {version}"
                yield _difference(row, Part.VERSION, because)
            before = row.facts.get("snapshot")
            if left is not None and before is not None and not _same(left, _place(before)):
                because = "it was decided from another place than where the decision before it had left off"
                shown = [_shown(place, before.get("sensitive", {})) for place in (_place(before), left)]
                yield _difference(row, Part.SNAPSHOT, because, recorded=shown[0], again=shown[1])
            outcome = self._outcome(c, row) if sound else None
            yield from self._judge(c, row, outcome)
            version, previous, last = row.version, row.hash, row
            left = _left(row, outcome) if sound else None
        yield from _instance(c, project, entity_id, version, previous, last, left)
        yield from map(_contradiction, agreement.about_timers(c, (project, entity_id)))

    def _outcome(self, c: Connection, row: HistoryRow) -> "Decision | _MissingError | None":
        """The decision made again, or why it cannot be; None where nothing was decided."""
        if "restored" in row.facts:
            return None  # the engine's own bookkeeping after a dead letter
        try:
            return decide_again(self._provisioner(c, row), row.facts, _payload(c, row))
        except _MissingError as missing:
            return missing
        except UNREADABLE as error:
            return _MissingError(Part.ROW, f"its facts cannot be read: {type(error).__name__} {error}")

    def _judge(
        self, c: Connection, row: HistoryRow, outcome: "Decision | _MissingError | None"
    ) -> Iterator[Difference]:
        if isinstance(outcome, _MissingError):
            yield _difference(row, outcome.part, outcome.because)
        elif outcome is not None:
            yield from self._compare(c, row, outcome)

    def _provisioner(self, c: Connection, row: HistoryRow) -> CompiledProvisioner:
        name = row.facts["project"]
        if self._current is not None:
            if name not in self._current:
                raise _MissingError(Part.DEFINITION, f"the definitions have no provisioner {name} now")
            return _as_then(self._current[name], row)
        found = self._definition(c, row).get(name)
        if found is None:
            raise _MissingError(Part.DEFINITION, f"the stored definition has no provisioner {name}")
        return _as_then(found, row)

    def _definition(self, c: Connection, row: HistoryRow) -> dict[str, CompiledProvisioner]:
        # Rows of the first schema name the definition by what it means, later ones by its very text.
        meaning, text = row.facts["definition"], row.facts.get("text")
        key = f"{meaning} {text}"
        if key not in self._compiled:
            self._compiled[key] = _compiled(c, meaning, text, row.facts["variables"])
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    def _compare(self, c: Connection, row: HistoryRow, decision: Decision) -> Iterator[Difference]:
        # Two texts of one meaning differ in places only; which of them decided is recorded since schema 0002.
        placed = self._current is None and row.facts.get("text") is not None
        recorded, again = (_trace(trace, placed=placed) for trace in (row.trace, decision.step.trace))
        if not _same(recorded, again) and not (self._current is None and _had_no_word(recorded, again)):
            because = f"recorded as {row.verdict} to {row.after}, now {decision.step.trace.verdict} to {decision.step.trace.after}"
            yield _difference(row, Part.TRACE, because, recorded=recorded, again=again)
        if decision.step.snapshot.version != row.version:
            because = f"recorded as version {row.version}, now {decision.step.snapshot.version}"
            yield _difference(row, Part.VERSION, because)
        kept = [r for r in outbox.of_event(c, row.inbox_id) if r.created_at == row.at]
        effects = settled([r.effect for r in kept])
        effects_again = settled(decision.step.effects)
        if not _same(effects, effects_again):
            because = f"recorded {len(effects)} effect(s), now {len(effects_again)}, or with other arguments"
            shown = settled([shown_effect(r.effect) for r in kept])
            shown_again = settled(list(map(shown_effect, decision.step.effects)))
            yield _difference(row, Part.EFFECTS, because, recorded=shown, again=shown_again)


def beside(c: Connection, place: tuple[str, str]) -> Iterator[Difference]:
    """Where tables tell different stories of an entity's decisions, as far as a way or an index leads.

    All that `around` finds, if there is no instance from which a way could lead.
    """
    if not instances.exists(c, *place):
        yield from around(c, place)
        return
    for one in agreement.disagreements(c, place, reached=True):
        yield _contradiction(one)


def around(c: Connection, place: tuple[str, str] | None = None) -> Iterator[Difference]:
    """What no chain shows: decisions that none of them reaches, and tables that tell different stories of one.

    Of one entity, or of the whole store; either way tables are read from end to end.
    """
    for row in history.unreached(c, place):
        because = "there is history, and no instance" if row.held is None else _UNREACHED.format(row.id)
        part = Part.INSTANCE if row.held is None else Part.CHAIN
        yield Difference(
            project=row.project, entity_id=row.entity_id, version=row.version, part=part, because=because
        )
    for one in agreement.disagreements(c, place):
        yield _contradiction(one)


def _contradiction(one: agreement.Disagreement) -> Difference:
    return Difference(
        project=one.project, entity_id=one.entity_id, version=None, part=Part.TABLES, because=one.because
    )


def _had_no_word(recorded: Mapping[str, Any], again: Mapping[str, Any]) -> bool:
    """Whether a decision was made before there was the verdict `already_there`: all else in its trace is the same."""
    if (recorded["verdict"], again["verdict"]) != (Verdict.EVENT_NOT_REGISTERED, Verdict.ALREADY_THERE):
        return False
    return _same({**recorded, "verdict": again["verdict"], "because": again["because"]}, again)


def _as_then(provisioner: CompiledProvisioner, row: HistoryRow) -> CompiledProvisioner:
    """The provisioner with traces that hide what the row's trace hid."""
    hides = provisioner.machine.definition.names.hidden is not None
    return unhidden(provisioner) if hides and "hiding" not in row.facts else provisioner


def _left(row: HistoryRow, outcome: Decision | _MissingError | None) -> dict[str, Any] | None:
    """State, context and what is asked after a decision; None where it cannot be decided again."""
    if isinstance(outcome, Decision):
        snapshot = outcome.step.snapshot
        return _place({"state": snapshot.state, "context": snapshot.context, "awaits": snapshot.awaits})
    return None if outcome is not None else _place(row.facts["restored"])


def _compiled(
    c: Connection, meaning: str, text: str | None, variables: Mapping[str, Any]
) -> dict[str, CompiledProvisioner]:
    stored = definitions.get(c, text or meaning)
    if stored is None:
        raise _MissingError(Part.DEFINITION, f"the store has no definition {text or meaning}")
    definition = read_again(stored.source, stored.filename, variables).definition
    if definition is None:
        raise _MissingError(Part.DEFINITION, f"the stored text of {stored.filename} cannot be read any more")
    if definition.hash != meaning or (text is not None and text_hash(definition) != text):
        raise _MissingError(
            Part.DEFINITION, f"the stored text of {stored.filename} is not the one that decided"
        )
    return compile_definition(definition)


def _payload(c: Connection, row: HistoryRow) -> Any:
    event = inbox.get(c, row.inbox_id)
    if event is None:
        raise _MissingError(Part.BODY, f"event {row.inbox_id} of the inbox is gone")
    if event.delivery_row_id is None:
        return None  # an event of the engine itself: its payload is among the facts
    try:
        delivery, payload = delivered(c, event.delivery_row_id)
        body = deliveries.body(c, delivery.id)
    except MalformedBodyError as error:
        raise _MissingError(Part.BODY, f"the stored body cannot be read: {error}") from error
    except StoreError as error:
        raise _MissingError(Part.BODY, str(error)) from error
    if SOURCES[delivery.source].identity_of(delivery.headers, body) != delivery.digest:
        raise _MissingError(Part.BODY, f"the body of delivery {delivery.id} is not the one that was received")
    return payload


def _instance(
    c: Connection,
    project: str,
    entity_id: str,
    version: int,
    previous: str,
    last: HistoryRow | None,
    left: Mapping[str, Any] | None,
) -> Iterator[Difference]:
    """Whether the instance is where its newest decision left it, and knows the hash that its chain ends with."""
    held = instances.load(c, project, entity_id)

    def differs(because: str, recorded: Any = None, again: Any = None) -> Difference:
        return Difference(
            project=project,
            entity_id=entity_id,
            version=last.version if last is not None else None,
            part=Part.INSTANCE,
            because=because,
            recorded=recorded,
            again=again,
        )

    if held is None and version == 0:
        return  # it was received, and not decided yet
    if held is None:
        yield differs("there is history, and no instance")
    elif held.snapshot.version != version:
        yield differs(
            f"the instance is at version {held.snapshot.version}, its history ends at {version}: "
            "the end of the history is missing, or the instance was changed"
        )
    elif held.last.hash.hex() != previous:
        yield differs(
            "the instance names another hash as its last decision's: its next one would break the chain"
        )
    elif left is not None:
        place = held.snapshot
        now = _place({"state": place.state, "context": place.context, "awaits": place.awaits})
        if not _same(now, left):
            shown = [_shown(one, place.sensitive) for one in (now, left)]
            yield differs("the instance is not where its newest decision left it", *shown)


def _difference(
    row: HistoryRow, part: Part, because: str, *, recorded: Any = None, again: Any = None
) -> Difference:
    return Difference(
        project=row.project,
        entity_id=row.entity_id,
        version=row.version,
        part=part,
        because=because,
        recorded=recorded,
        again=again,
    )


def _place(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What must agree from one decision to the next; what is asked is there only if something is."""
    asked = snapshot.get("awaits")
    found = {"state": snapshot["state"], "context": snapshot["context"]}
    place: dict[str, Any] = settled({**found, "awaits": asked} if asked else found)
    return place


def _shown(place: Mapping[str, Any], sensitive: Mapping[str, Any]) -> dict[str, Any]:
    shown = shown_memory({**place, "sensitive": sensitive})
    return {name: shown[name] for name in place}


def _trace(trace: object, *, placed: bool) -> dict[str, Any]:
    values: dict[str, Any] = settled(trace)
    if not placed:
        values["candidates"] = [{**candidate, "place": ""} for candidate in values["candidates"]]
    return values


def _same(one: Any, other: Any) -> bool:
    """Bit for bit, as the store writes it."""
    return encode(one) == encode(other)
