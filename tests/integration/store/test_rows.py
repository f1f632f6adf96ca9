"""What rows do: deliveries, inbox, instances, history, outbox, once, hooks, definitions, and the commit over them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from engine.errors import FencedError, HookExistsError, HookMissingError, StoreError
from engine.model import (
    Attempt,
    Candidate,
    Effect,
    EffectKind,
    Entity,
    Event,
    Exchange,
    Outcome,
    Snapshot,
    Trace,
    Verdict,
)
from engine.store import commit, definitions, deliveries, history, hooks, inbox, instances, once, outbox
from engine.store.database import Store
from engine.store.tables import InboxStatus, OutboxStatus, Receipt
from tests.harness.chains import end_of, verify_chain
from tests.harness.store import all_decisions, all_instances

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SOC = Entity(project="soc", id="SOC-1")
MOVED = Trace(
    verdict=Verdict.MOVED,
    before="to_do",
    event="next",
    after="done",
    candidates=(
        Candidate(source="to_do", target="done", taken=True, reason="no guard", place="jira.hcl:1:1"),
    ),
    because="it moved",
)
CALL = Effect(kind=EffectKind.TRANSITION, name="done", source="to_do", target="done", target_status="Done")
TELL = Effect(kind=EffectKind.ACTION, name="announce", worker="http", arguments={"url": "u", "n": [1, None]})


@pytest.fixture
def store(any_url: str) -> Iterator[Store]:
    """What rows do must not depend on the database."""
    store = Store.open(any_url, key=b"k" * 32)
    yield store
    store.close()


@pytest.fixture
def hook_id(store: Store) -> int:
    return store.write(
        lambda c: hooks.register(c, source="github", repo_id="1", repo_path="o/h", sealed=b"x" * 40, now=NOW)
    ).id


def receive(
    c: Connection, hook_id: int, digest: bytes = b"d" * 32, body: bytes = b"{}", **changed: Any
) -> int:
    values: dict[str, Any] = {
        "source": "github",
        "type": "release",
        "delivery_id": "guid",
        "headers": {"x-github-event": "release"},
        "received_at": NOW,
        "verdict": Receipt.ACCEPTED,
        "reason": "",
        **changed,
    }
    return deliveries.insert(c, hook_id=hook_id, digest=digest, body=body, **values)


def enqueue(
    store: Store, hook_id: int, *names: str, entity: Entity = SOC, digest: bytes = b"d" * 32
) -> list[int]:
    events = [("soc", Event(name=name, entity=entity, receive="github.release", once="7")) for name in names]
    return store.write(
        lambda c: [row.id for row in inbox.insert(c, receive(c, hook_id, digest), events, NOW)]
    )


def head(store: Store, entity: Entity = SOC) -> inbox.InboxRow:
    with store.read() as c:
        row = inbox.head(c, entity.project, entity.id)
    assert row is not None
    return row


def instance_at(version: int, state: str = "done", **context: object) -> instances.Instance:
    return instances.Instance(
        project="soc",
        entity_id="SOC-1",
        snapshot=Snapshot(state=state, context=context, version=version),
        machine_hash="m1",
        observed_status="Done",
        updated_at=NOW,
    )


def decide(
    store: Store,
    row: inbox.InboxRow,
    before: int | None,
    version: int,
    *effects: Effect,
    facts: Mapping[str, Any] | None = None,
) -> list[outbox.OutboxRow]:
    return store.write(
        lambda c: commit.commit_decision(
            c,
            row,
            commit.Change(
                before_version=before,
                last=end_of(c, row.project, row.entity_id),
                instance=instance_at(version),
                facts=facts or {},
                trace=MOVED,
                effects=effects,
                now=NOW,
            ),
        )
    )


def test_hooks_are_registered_once_replaced_and_listed(store: Store) -> None:
    def add(c: Connection, source: str, repo_id: str, sealed: bytes = b"k" * 8 + b"one") -> hooks.Hook:
        return hooks.register(c, source=source, repo_id=repo_id, repo_path="o/h", sealed=sealed, now=NOW)

    first = store.write(lambda c: add(c, "github", "2"))
    store.write(lambda c: add(c, "github", "1"))
    store.write(lambda c: add(c, "gitlab", "2"))
    with pytest.raises(HookExistsError, match="a hook for github 2 is registered already"):
        store.write(lambda c: add(c, "github", "2"))
    later = NOW + timedelta(days=1)
    new = store.write(
        lambda c: hooks.replace_secret(
            c, source="github", repo_id="2", repo_path="o/new", sealed=b"k" * 8 + b"two", now=later
        )
    )
    assert new == replace(first, repo_path="o/new", updated_at=later)
    with pytest.raises(HookMissingError, match="no hook for github 9 is registered"):
        store.write(
            lambda c: hooks.replace_secret(c, source="github", repo_id="9", repo_path="", sealed=b"", now=NOW)
        )
    for sealed in (b"k" * 8 + b"three", b"k" * 8 + b"four"):
        third = store.write(
            partial(hooks.upsert, source="kiket", repo_id="3", repo_path="p", sealed=sealed, now=later)
        )
    with store.read() as c:
        assert hooks.sealed_secret(c, "github", "2") == (new, b"k" * 8 + b"two")
        assert hooks.sealed_secret(c, "kiket", "3") == (third, b"k" * 8 + b"four")
        assert hooks.sealed_secret(c, "kiket", "2") is None
        assert hooks.find(c, "GitHub", "2") is None
        assert [(h.source, h.repo_id) for h in hooks.list_of(c, None)] == [
            ("github", "1"),
            ("github", "2"),
            ("gitlab", "2"),
            ("kiket", "3"),
        ]
        assert [h.repo_id for h in hooks.list_of(c, "github")] == ["1", "2"]


def test_a_delivery_comes_back_as_it_was(store: Store, hook_id: int) -> None:
    body = bytes(range(256)) * 500
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    row_id = store.write(lambda c: receive(c, hook_id, body=body, received_at=elsewhere, reason="why"))
    with store.read() as c:
        row = deliveries.get(c, row_id)
        assert deliveries.body(c, row_id) == body
        assert deliveries.get(c, row_id + 1) is None
        with pytest.raises(StoreError, match="no body for delivery"):
            deliveries.body(c, row_id + 1)
    assert row is not None
    assert row.received_at == NOW
    assert row.received_at.tzinfo is UTC
    assert (row.digest, row.verdict, row.reason) == (b"d" * 32, Receipt.ACCEPTED, "why")
    assert row.headers == {"x-github-event": "release"}


def test_a_datetime_without_a_zone_is_refused(store: Store, hook_id: int) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        store.write(lambda c: receive(c, hook_id, received_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_duplicate_shares_the_body_of_the_first(store: Store, hook_id: int) -> None:
    first = store.write(lambda c: receive(c, hook_id, body=b"the body"))
    again = store.write(lambda c: receive(c, hook_id, verdict=Receipt.DUPLICATE, duplicate_of=first))
    with store.read() as c:
        assert deliveries.body(c, again) == b"the body"
    twin = store.write(lambda c: deliveries.twin(c, hook_id, b"d" * 32))
    assert store.write(lambda c: deliveries.twin(c, hook_id, b"e" * 32)) is None
    assert store.write(lambda c: deliveries.twin(c, hook_id + 1, b"d" * 32)) is None
    assert twin is not None
    assert twin.id == first
    with store.read() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM bodies").scalar_one() == 1
    second = store.write(lambda c: receive(c, hook_id))  # an intended redelivery
    twin = store.write(lambda c: deliveries.twin(c, hook_id, b"d" * 32))
    assert twin is not None
    assert twin.id == second
    for verdict, of in ((Receipt.DUPLICATE, None), (Receipt.ACCEPTED, first)):
        with pytest.raises(ValueError, match="only a duplicate"):
            store.write(partial(receive, hook_id=hook_id, verdict=verdict, duplicate_of=of))


def test_of_many_equal_deliveries_at_once_one_is_accepted(store: Store, hook_id: int) -> None:
    def intake(c: Connection) -> Receipt:
        twin = deliveries.twin(c, hook_id, b"d" * 32)
        verdict = Receipt.ACCEPTED if twin is None else Receipt.DUPLICATE
        receive(c, hook_id, verdict=verdict, duplicate_of=twin and twin.id)
        return verdict

    lock = deliveries.lock_of(hook_id, b"d" * 32)
    verdicts = [future.result() for future in [store.submit(intake, locks=[lock]) for _ in range(300)]]
    assert verdicts.count(Receipt.ACCEPTED) == 1


def test_deliveries_are_listed_newest_first_filtered_and_by_page(store: Store, hook_id: int) -> None:
    ids = [
        store.write(
            partial(
                receive,
                hook_id=hook_id,
                digest=bytes([n]) * 32,
                source="github" if n % 2 else "jira",
                verdict=Receipt.IGNORED if n < 3 else Receipt.ACCEPTED,
            )
        )
        for n in range(6)
    ]
    with store.read() as c:
        assert [d.id for d in deliveries.latest(c, 4)] == ids[:1:-1]
        assert [d.id for d in deliveries.latest(c, 9, before_id=ids[2])] == [ids[1], ids[0]]
        assert [d.id for d in deliveries.latest(c, 9, source="jira")] == [ids[4], ids[2], ids[0]]
        assert [d.id for d in deliveries.latest(c, 9, verdict=Receipt.IGNORED, source="jira")] == [
            ids[2],
            ids[0],
        ]


def test_a_lane_has_one_head_that_gives_way_when_it_ends(store: Store, hook_id: int) -> None:
    first, second, third = enqueue(store, hook_id, "a", "b", "c")
    row = head(store)
    assert (row.id, row.event, row.status, row.due_at, row.attempts) == (
        first,
        "a",
        InboxStatus.PENDING,
        NOW,
        0,
    )
    assert (row.provisioner, row.receive, row.once, row.received_at) == ("soc", "github.release", "7", NOW)
    later = NOW + timedelta(seconds=5)
    store.write(lambda c: inbox.postpone(c, first, 2, later, "the backend is away"))
    row = head(store)
    assert (row.id, row.attempts, row.due_at, row.because) == (first, 2, later, "the backend is away")
    store.write(lambda c: inbox.finish(c, first, Verdict.ENTITY_NOT_FOUND, "unknown", later))
    with pytest.raises(FencedError, match="is not unfinished"):
        store.write(lambda c: inbox.bury(c, first, "again", later))
    assert head(store).id == second
    store.write(lambda c: inbox.bury(c, second, "given up", later))
    assert head(store).id == third
    with store.read() as c:
        assert inbox.backlog(c) == 1
        done, dead = inbox.get(c, first), inbox.get(c, second)
        assert (
            inbox.dead_of(c, 1) == {(Entity(project="soc", id=dead.entity_id), dead.event)} if dead else False
        )
        assert [r.id for r in inbox.of_entity(c, "soc", "SOC-1", 2)] == [third, second]
        assert inbox.head(c, "soc", "SOC-2") is None
    assert done is not None
    assert (done.status, done.verdict, done.decided_at, done.finished_at) == (
        InboxStatus.DONE,
        Verdict.ENTITY_NOT_FOUND,
        later,
        later,
    )
    assert dead is not None
    assert (dead.status, dead.verdict, dead.because) == (InboxStatus.DEAD, None, "given up")


def test_lanes_are_listed_by_page_with_the_due_moment_of_their_heads(store: Store, hook_id: int) -> None:
    entities = [Entity(project=p, id=f"{p}-{n}") for p in ("ab", "a", "b") for n in (1, 10, 2)]
    for entity in entities:
        first, _ = enqueue(store, hook_id, "a", "b", entity=entity)
        store.write(
            partial(inbox.postpone, inbox_id=first, attempts=1, due_at=NOW + timedelta(seconds=1), because="")
        )
    gone = enqueue(store, hook_id, "a", entity=Entity(project="b", id="b-0"))
    store.write(lambda c: inbox.finish(c, gone[0], Verdict.MOVED, "", NOW))
    seen: list[tuple[str, str, datetime | None]] = []
    with store.read() as c:
        while page := inbox.unfinished_entities(c, after=seen[-1][:2] if seen else None, limit=4):
            seen += page
    assert [row[:2] for row in seen] == sorted((e.project, e.id) for e in entities)
    assert {row[2] for row in seen} == {NOW + timedelta(seconds=1)}


def test_a_decision_changes_four_tables_together(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next")
    row = head(store)
    rows = decide(store, row, None, 1, CALL, TELL, facts={"observed": "To Do"})
    assert [(r.position, r.kind, r.effect, r.status, r.read_back) for r in rows] == [
        (0, EffectKind.TRANSITION, CALL, OutboxStatus.PENDING, False),
        (1, EffectKind.ACTION, TELL, OutboxStatus.PENDING, False),
    ]
    assert len({r.key for r in rows}) == 2
    with store.read() as c:
        assert outbox.pending(c, row.id) == rows
        assert instances.load(c, "soc", "SOC-1") == instance_at(1)
        (kept,) = history.of_entity(c, "soc", "SOC-1", 9)
    assert (kept.trace, kept.verdict, kept.facts) == (MOVED, Verdict.MOVED, {"observed": "To Do"})
    assert (kept.version, kept.inbox_id, kept.at, kept.previous_hash) == (1, row.id, NOW, "")
    performing = head(store)
    assert (performing.status, performing.verdict, performing.because) == (
        InboxStatus.PERFORMING,
        Verdict.MOVED,
        "it moved",
    )
    assert performing.decided_at == NOW


def test_a_decision_without_effects_is_done_at_once(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next", "next")
    first = head(store)
    assert decide(store, first, None, 1) == []
    assert head(store).id != first.id
    with store.read() as c:
        assert inbox.get(c, first.id) == replace(
            first,
            status=InboxStatus.DONE,
            verdict=Verdict.MOVED,
            because="it moved",
            decided_at=NOW,
            finished_at=NOW,
        )


@pytest.mark.parametrize(("before", "version"), [(None, 2), (0, 2), (2, 3)])
def test_a_stale_decision_writes_nothing(
    store: Store, hook_id: int, before: int | None, version: int
) -> None:
    enqueue(store, hook_id, "a", "b")
    decide(store, head(store), None, 1)
    with pytest.raises(FencedError, match="nothing was written"):
        decide(store, head(store), before, version, CALL)
    assert head(store).status is InboxStatus.PENDING
    with store.read() as c:
        assert len(all_decisions(c)) == 1
        assert all_instances(c) == [instance_at(1)]
        assert outbox.of_entity(c, "soc", "SOC-1", 9) == []


def test_an_event_is_decided_once(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next")
    row = head(store)
    decide(store, row, None, 1, CALL)
    with pytest.raises(FencedError, match="was decided in between"):
        decide(store, row, 1, 2, CALL)


def test_a_version_that_does_not_count_up_is_a_mistake_of_the_caller(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "a", "b")
    decide(store, head(store), None, 1)
    with pytest.raises(ValueError, match="a decision counts up"):
        decide(store, head(store), 1, 1)


def test_instances_are_found_in_any_case_and_in_every_project(store: Store) -> None:
    both = [replace(instance_at(1), project=project) for project in ("soc", "dev")]
    for instance in both:
        store.write(partial(instances.save, instance=instance, expected_version=None, last=history.BEGINNING))
    with store.read() as c:
        assert instances.find(c, "soc-1") == sorted(both, key=lambda i: i.project)
        assert instances.find(c, "SOC-2") == []
        assert instances.load(c, "soc", "soc-1") is None


def test_an_effect_is_attempted_postponed_and_ended(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next")
    call, tell = decide(store, head(store), None, 1, CALL, TELL)
    tries = [
        Attempt(outcome=Outcome.UNKNOWN, detail="timeout", retry_after=1.5),
        Attempt(
            outcome=Outcome.DONE,
            detail="moved",
            observed="Done",
            exchanges=(Exchange(method="POST", url="https://x/y", status=204, seconds=0.25),),
        ),
    ]
    later = NOW + timedelta(seconds=2)

    def first(c: Connection) -> None:
        outbox.record_attempt(c, call.id, 1, tries[0], NOW)
        outbox.postpone(c, call.id, 1, later, True, "timeout")

    def second(c: Connection) -> None:
        outbox.record_attempt(c, call.id, 2, tries[1], later)
        outbox.finish(c, call.id, 2, "moved", later)

    store.write(first)
    with store.read() as c:
        waiting = outbox.pending(c, call.inbox_id)
    assert waiting == [replace(call, attempts=1, due_at=later, read_back=True, last_detail="timeout"), tell]
    store.write(second)
    store.write(lambda c: outbox.bury(c, tell.id, 1, "no such chat", later))
    with store.read() as c:
        assert outbox.pending(c, call.inbox_id) == []
        assert [(r.number, r.attempt) for r in outbox.attempts_of(c, call.id)] == [
            (1, tries[0]),
            (2, tries[1]),
        ]
        newest, oldest = outbox.of_entity(c, "soc", "SOC-1", 9)
        assert outbox.dead(c, 9) == [newest]
    assert (oldest.status, oldest.attempts, oldest.last_detail) == (OutboxStatus.DONE, 2, "moved")
    assert (newest.status, newest.attempts, newest.finished_at) == (OutboxStatus.DEAD, 1, later)
    for again in (
        lambda c: outbox.finish(c, call.id, 3, "", later),
        lambda c: outbox.bury(c, call.id, 3, "", later),
        lambda c: outbox.postpone(c, call.id, 3, later, False, ""),
    ):
        with pytest.raises(FencedError, match="is not pending any more"):
            store.write(again)


def test_what_follows_a_dead_transition_call_is_dropped(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next", "next")
    call, tell = decide(store, head(store), None, 1, CALL, TELL)

    def give_up(c: Connection) -> None:
        outbox.bury(c, call.id, 1, "refused", NOW)
        outbox.drop_rest(c, call.inbox_id, NOW)
        inbox.bury(c, call.inbox_id, "refused", NOW)

    store.write(give_up)
    with store.read() as c:
        assert [r.status for r in outbox.of_entity(c, "soc", "SOC-1", 9)] == [
            OutboxStatus.DROPPED,
            OutboxStatus.DEAD,
        ]
    assert head(store).id != tell.inbox_id


def test_keys_differ_by_decision_position_and_content_and_are_stable(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "a", "b")
    first = decide(store, head(store), None, 1, CALL, CALL)
    store.write(lambda c: inbox.finish(c, first[0].inbox_id, Verdict.MOVED, "", NOW))
    second = decide(store, head(store), 1, 2, CALL)
    keys = [row.key for row in (*first, *second)]
    assert len(set(keys)) == 3
    # Held by backends as Idempotency-Key: a release that computes others would repeat calls.
    assert keys[0] == "8a403d857df2780f6782a9904b1869fd"


def test_restore_takes_an_instance_back_and_says_so(store: Store, hook_id: int) -> None:
    enqueue(store, hook_id, "next")
    row = head(store)
    decide(store, row, None, 1, CALL)
    before = Snapshot(state="to_do", context={"a": 1}, version=0)
    with store.read() as c:
        held = instances.load(c, "soc", "SOC-1")
    assert held == instance_at(1)
    restored = store.write(
        lambda c: commit.restore(c, inbox=row, instance=held, snapshot=before, because="given up", now=NOW)
    )
    assert restored.snapshot == Snapshot(state="to_do", context={"a": 1}, version=2)
    with store.read() as c:
        assert instances.load(c, "soc", "SOC-1") == restored
        newest, oldest = history.of_entity(c, "soc", "SOC-1", 9)
    assert (newest.event, newest.before, newest.after, newest.version) == (
        "effect.failed",
        "done",
        "to_do",
        2,
    )
    assert newest.trace.because == "given up"
    assert newest.previous_hash == oldest.hash
    with pytest.raises(FencedError):
        store.write(
            lambda c: commit.restore(c, inbox=row, instance=held, snapshot=before, because="", now=NOW)
        )


def _chain(store: Store, hook_id: int, length: int) -> list[history.HistoryRow]:
    enqueue(store, hook_id, *["next"] * length)
    for version in range(1, length + 1):
        decide(
            store,
            head(store),
            version - 1 or None,
            version,
            facts={"n": version, "text": "Grüße", "real": 0.1},
        )
    with store.read() as c:
        return history.of_entity(c, "soc", "SOC-1", length)


def test_the_chain_holds_and_shows_each_change_of_the_past(store: Store, hook_id: int) -> None:
    rows = _chain(store, hook_id, 4)
    assert verify_chain(rows) is None
    assert verify_chain(rows[:2]) is None
    assert verify_chain([]) is None
    oldest_first = rows[::-1]
    changes: list[dict[str, Any]] = [
        {"project": "dev"},
        {"entity_id": "SOC-2"},
        {"version": 9},
        {"inbox_id": 9},
        {"at": NOW + timedelta(microseconds=1)},
        {"machine_hash": "m2"},
        {"event": "prev"},
        {"before": None},
        {"after": "x"},
        {"verdict": Verdict.ENDED},
        {"facts": {}},
        {"trace": replace(MOVED, because="")},
        {"previous_hash": "00" * 32},
        {"hash": "00" * 32},
    ]
    assert {name for change in changes for name in change} == set(history.HistoryRow.__dataclass_fields__) - {
        "id"
    }
    for change in changes:
        forged = [*oldest_first]
        forged[1] = replace(forged[1], **change)
        assert verify_chain(forged) == forged[1]
    missing = [oldest_first[0], *oldest_first[2:]]
    assert verify_chain(missing) == oldest_first[2]


def test_the_chain_is_what_the_documentation_says(store: Store, hook_id: int) -> None:
    import hashlib
    import json

    row = _chain(store, hook_id, 2)[0]
    with store.read() as c:
        stored = c.exec_driver_sql("SELECT hash FROM history ORDER BY id LIMIT 1").scalar_one()
    micros = 1767323045678901
    trace = {
        "verdict": "moved",
        "before": "to_do",
        "event": "next",
        "after": "done",
        "candidates": [
            {
                "source": "to_do",
                "target": "done",
                "taken": True,
                "reason": "no guard",
                "place": "jira.hcl:1:1",
            }
        ],
        "because": "it moved",
        "drift_from": None,
    }
    facts = {"n": 2, "text": "Grüße", "real": 0.1}
    array = [
        "interlock history 1",
        "soc",
        "SOC-1",
        2,
        row.inbox_id,
        micros,
        "m1",
        "next",
        "to_do",
        "done",
        "moved",
    ]
    text = json.dumps(
        [*array, facts, trace, stored.hex()], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert row.hash == hashlib.sha256(text.encode()).hexdigest()


def test_a_value_is_claimed_once_and_can_be_released(store: Store, hook_id: int) -> None:
    first, second = enqueue(store, hook_id, "a", "b")

    def claim(inbox_id: int, value: str = "7", entity: str = "SOC-1") -> int | None:
        return store.write(
            lambda c: once.claim(
                c, project="soc", receive="github.release", once=value, entity_id=entity, inbox_id=inbox_id
            )
        )

    assert claim(first) is None
    assert claim(first) is None
    assert claim(second) == first
    assert claim(second, "8") is None
    assert claim(second, entity="SOC-2") is None
    store.write(lambda c: once.release(c, first))
    assert claim(second) is None
    assert claim(first) == second


def test_definitions_are_remembered_once(store: Store) -> None:
    for moment in (NOW, NOW + timedelta(days=1)):
        store.write(partial(definitions.remember, hash="h1", filename="jira.hcl", source="text", now=moment))
    with store.read() as c:
        found = definitions.get(c, "h1")
        assert definitions.get(c, "h2") is None
    assert found == definitions.Definition(hash="h1", filename="jira.hcl", source="text", first_seen_at=NOW)


def test_a_row_of_nothing_is_refused(store: Store, hook_id: int) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.write(lambda c: receive(c, hook_id + 1))
