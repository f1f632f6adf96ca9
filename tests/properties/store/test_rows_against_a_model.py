"""Inbox, outbox and once, driven at random, against plain Python lists that say what must be there."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection

from engine.errors import FencedError
from engine.model import Effect, EffectKind, Entity, Event, Snapshot, Trace, Verdict
from engine.store import commit, deadletters, deliveries, history, hooks, inbox, instances, once, outbox
from engine.store.database import Store
from engine.store.deadletters import LetterKind
from engine.store.tables import InboxStatus, OutboxStatus, Receipt
from tests.harness.chains import end_of, verify_chain
from tests.harness.postgres import PostgresServer

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ENTITIES = [Entity(project=project, id=name) for project in ("a", "b") for name in ("A-1", "A-2")]
EFFECTS = [
    Effect(kind=EffectKind.TRANSITION, name="x", target="x"),
    Effect(kind=EffectKind.ACTION, name="y", arguments={"n": 1}),
]


@dataclass
class Thing:
    """What the model knows of one event."""

    id: int
    entity: Entity
    delivery: int
    status: InboxStatus = InboxStatus.PENDING
    due_at: datetime = EPOCH
    #: When it came, or was put back: nothing is put off until then.
    since: datetime = EPOCH
    effects: list[OutboxStatus] = field(default_factory=list)
    put_back: bool = False
    #: What became of the effects of decisions before the last one.
    past: list[OutboxStatus] = field(default_factory=list)


class Rows(RuleBasedStateMachine):
    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.url = self.new_store()
        self.store = Store.open(self.url)
        self.hook = self.store.write(
            lambda c: hooks.register(c, source="s", repo_id="1", repo_path="", sealed=b"", now=EPOCH)
        ).id
        self.things: dict[int, Thing] = {}
        self.holders: dict[tuple[str, str], int] = {}
        self.versions: dict[Entity, int] = {}
        self.keys: set[str] = set()
        self.clock = EPOCH

    def new_store(self) -> str:
        """The URL of a store that does not exist yet."""
        return f"sqlite:///{Path(self.folder.name)}/interlock.db"

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def now(self) -> datetime:
        self.clock += timedelta(microseconds=1)
        return self.clock

    def lane(self, entity: Entity) -> list[Thing]:
        unfinished = (InboxStatus.PENDING, InboxStatus.PERFORMING)
        lane = [t for t in self.things.values() if t.entity == entity and t.status in unfinished]
        if lane and lane[0].put_back and lane[0].status is InboxStatus.PENDING:
            performing = [t for t in lane if t.status is InboxStatus.PERFORMING]
            return [*performing[:1], *(t for t in lane if t not in performing[:1])]
        return lane

    @rule(
        target=events, entities=st.lists(st.sampled_from(ENTITIES), max_size=3), content=st.binary(max_size=2)
    )
    def receive(self, entities: list[Entity], content: bytes) -> object:
        def work(c: Connection) -> tuple[int, list[int]]:
            row = deliveries.insert(
                c,
                hook_id=self.hook,
                source="s",
                type="t",
                delivery_id="",
                digest=content,
                body=content,
                headers={},
                received_at=EPOCH,
                verdict=Receipt.ACCEPTED,
                reason="",
            )
            events = [("p", Event(name="e", entity=e)) for e in entities]
            return row, [new.id for new in inbox.insert(c, row, events, EPOCH)]

        delivery, ids = self.store.write(work)
        for inbox_id, entity in zip(ids, entities, strict=True):
            assert inbox_id > max(self.things, default=0)
            self.things[inbox_id] = Thing(id=inbox_id, entity=entity, delivery=delivery)
        return multiple(*ids)

    @rule(inbox_id=events, value=st.sampled_from(["1", "2"]))
    def claim(self, inbox_id: int, value: str) -> None:
        entity = self.things[inbox_id].entity
        place = (f"{entity.project}/{entity.id}", value)
        expected = self.holders.setdefault(place, inbox_id)
        holder = self.store.write(
            lambda c: once.claim(
                c, project=entity.project, receive="r", once=value, entity_id=entity.id, inbox_id=inbox_id
            )
        )
        assert holder == (None if expected == inbox_id else expected)

    @rule(inbox_id=events)
    def release(self, inbox_id: int) -> None:
        self.store.write(lambda c: once.release(c, inbox_id))
        self.holders = {place: holder for place, holder in self.holders.items() if holder != inbox_id}

    @rule(inbox_id=events, seconds=st.integers(0, 100))
    def postpone(self, inbox_id: int, seconds: int) -> None:
        thing = self.things[inbox_id]
        due = EPOCH + timedelta(seconds=seconds)
        if thing in self.lane(thing.entity):
            self.store.write(lambda c: inbox.postpone(c, inbox_id, 1, due, "later"))
            thing.due_at = due
        else:
            with pytest.raises(FencedError):
                self.store.write(lambda c: inbox.postpone(c, inbox_id, 1, due, "later"))

    @rule(inbox_id=events, count=st.integers(0, 2), stale=st.booleans())
    def decide(self, *, inbox_id: int, count: int, stale: bool) -> None:
        thing = self.things[inbox_id]
        version = self.versions.get(thing.entity)
        seen = (version or 0) + 7 if stale else version
        with self.store.read() as c:
            row = inbox.get(c, inbox_id)
        assert row is not None
        after = instances.Instance(
            project=thing.entity.project,
            entity_id=thing.entity.id,
            snapshot=Snapshot(state="x", version=(seen or 0) + 1),
            machine_hash="m",
            observed_status=None,
            updated_at=self.now(),
        )
        trace = Trace(verdict=Verdict.MOVED, before=None, event="e", after="x")

        def work(c: Connection) -> list[outbox.OutboxRow]:
            return commit.commit_decision(
                c,
                row,
                commit.Change(
                    before_version=seen,
                    last=end_of(c, row.project, row.entity_id),
                    instance=after,
                    facts={"n": count},
                    trace=trace,
                    effects=EFFECTS[:count],
                    now=EPOCH,
                ),
            )

        if stale or thing.status is not InboxStatus.PENDING:
            with pytest.raises(FencedError):
                self.store.write(work)
            return
        made = self.store.write(work)
        thing.past += thing.effects
        assert not self.keys & {r.key for r in made}
        self.keys |= {r.key for r in made}
        self.versions[thing.entity] = after.snapshot.version
        thing.effects = [OutboxStatus.PENDING] * count
        thing.status = InboxStatus.PERFORMING if count else InboxStatus.DONE

    @rule(
        inbox_id=events, ending=st.sampled_from([OutboxStatus.DONE, OutboxStatus.DEAD, OutboxStatus.DROPPED])
    )
    def end_effect(self, inbox_id: int, ending: OutboxStatus) -> None:
        thing = self.things[inbox_id]
        with self.store.read() as c:
            waiting = outbox.pending(c, inbox_id)
        assert [r.position for r in waiting] == [
            n for n, s in enumerate(thing.effects) if s is OutboxStatus.PENDING
        ]
        if ending is OutboxStatus.DROPPED:
            self.store.write(lambda c: outbox.drop_rest(c, inbox_id, EPOCH))
            thing.effects = [ending if s is OutboxStatus.PENDING else s for s in thing.effects]
        elif waiting:
            end = outbox.finish if ending is OutboxStatus.DONE else outbox.bury
            self.store.write(lambda c: end(c, waiting[0].id, 1, "", EPOCH))
            thing.effects[waiting[0].position] = ending

    @rule(inbox_id=consumes(events), dead=st.booleans())
    def end(self, *, inbox_id: int, dead: bool) -> None:
        thing = self.things[inbox_id]
        was_open = thing in self.lane(thing.entity)

        def work(c: Connection) -> None:
            if dead:
                inbox.bury(c, inbox_id, "", EPOCH)
            else:
                inbox.finish(c, inbox_id, Verdict.MOVED, "", EPOCH)

        if not was_open:
            with pytest.raises(FencedError):
                self.store.write(work)
            return
        self.store.write(work)
        thing.status = InboxStatus.DEAD if dead else InboxStatus.DONE

    @rule(pick=st.integers(0, 20), again=st.booleans())
    def settle_a_dead_event(self, *, pick: int, again: bool) -> None:
        dead = [t for t in self.things.values() if t.status is InboxStatus.DEAD]
        if not dead:
            return
        thing = dead[pick % len(dead)]
        (letter,) = self.letters({(LetterKind.EVENT, thing.id)})
        when = self.now()
        change = deadletters.retry if again else deadletters.drop
        self.store.write(lambda c: change(c, letter, when))
        with pytest.raises(FencedError):
            self.store.write(lambda c: change(c, letter, when))
        closed = (OutboxStatus.DEAD, OutboxStatus.PENDING)
        thing.effects = [OutboxStatus.DROPPED if s in closed else s for s in thing.effects]
        thing.status = InboxStatus.PENDING if again else InboxStatus.DROPPED
        if again:
            thing.put_back, thing.due_at, thing.since = True, when, when
            self.holders = {place: holder for place, holder in self.holders.items() if holder != thing.id}

    @rule(pick=st.integers(0, 20), again=st.booleans())
    def settle_a_dead_action(self, *, pick: int, again: bool) -> None:
        open_or_done = (InboxStatus.DONE, InboxStatus.PERFORMING)
        dead = [
            t
            for t in self.things.values()
            if t.status in open_or_done and t.effects[1:] == [OutboxStatus.DEAD]
        ]
        if not dead:
            return
        thing = dead[pick % len(dead)]
        with self.store.read() as c:
            row = outbox.of_event(c, thing.id)[-1]
        (letter,) = self.letters({(LetterKind.ACTION, row.id)})
        when = self.now()
        change = deadletters.retry if again else deadletters.drop
        self.store.write(lambda c: change(c, letter, when))
        thing.effects[1] = OutboxStatus.PENDING if again else OutboxStatus.DROPPED
        if again:
            thing.status, thing.put_back = InboxStatus.PERFORMING, True
            thing.due_at, thing.since = when, when
        with self.store.read() as c:
            after = outbox.get(c, row.id)
        assert after is not None
        assert (after.key, after.read_back) == (row.key, again)

    def letters(self, numbers: set[tuple[LetterKind, int]]) -> list[deadletters.DeadLetter]:
        with self.store.read() as c:
            return deadletters.find(c, deadletters.Wanted(numbers=frozenset(numbers)))

    @precondition(lambda self: self.things)
    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store.open(self.url)

    @invariant()
    def the_store_agrees(self) -> None:
        with self.store.read() as c:
            lanes = {entity: self.lane(entity) for entity in ENTITIES}
            for entity, lane in lanes.items():
                head = inbox.head(c, entity.project, entity.id)
                assert (
                    (head.id, head.status, head.due_at) == (lane[0].id, lane[0].status, lane[0].due_at)
                    if head
                    else not lane
                )
                rows = history.of_entity(c, entity.project, entity.id, 1000)
                assert verify_chain(rows) is None
                assert [row.version for row in rows] == [*range(self.versions.get(entity, 0), 0, -1)]
                loaded = instances.load(c, entity.project, entity.id)
                assert (loaded.snapshot.version if loaded else None) == self.versions.get(entity)
            oldest = {e: min(lane, key=lambda t: t.id) for e, lane in lanes.items() if lane}
            expected = [
                (e.project, e.id, first.due_at if first.due_at != first.since else None)
                for e, first in oldest.items()
            ]
            assert inbox.unfinished_entities(c, limit=9) == expected
            assert inbox.backlog(c) == sum(map(len, lanes.values()))
            for delivery in {t.delivery for t in self.things.values()}:
                dead = {
                    t.entity
                    for t in self.things.values()
                    if t.delivery == delivery and t.status is InboxStatus.DEAD
                }
                assert {entity for entity, _ in inbox.dead_of(c, delivery)} == dead
            put_back = {t.id for lane in lanes.values() for t in lane if t.put_back}
            assert set(inbox.retried(c)) == put_back
            dead_events = {t.id for t in self.things.values() if t.status is InboxStatus.DEAD}
            letters = deadletters.find(c, deadletters.Wanted())
            assert {x.number for x in letters if x.kind is LetterKind.EVENT} == dead_events
            kept = [s for t in self.things.values() for s in (*t.past, *t.effects)]
            assert len(outbox.dead(c, 1000)) == kept.count(OutboxStatus.DEAD)


class RowsOnPostgreSQL(Rows):
    """The same with a server; each example begins with an empty database."""

    server: ClassVar[PostgresServer]
    database: ClassVar[str]

    def new_store(self) -> str:
        return self.server.emptied(self.database)


Rows.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestRows = Rows.TestCase


def test_rows_on_postgresql(postgres: PostgresServer) -> None:
    RowsOnPostgreSQL.server, RowsOnPostgreSQL.database = postgres, postgres.url()
    run_state_machine_as_test(
        RowsOnPostgreSQL, settings=settings(max_examples=10, stateful_step_count=20, deadline=None)
    )
