"""What became of everything that was delivered during ``interlock chaos``: lost, doubled, out of order, or as it should be."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.cli.chaos_run import Ran
from engine.model import EffectKind
from engine.run.replay import Difference, Replay
from engine.store import check, deadletters, deliveries, history, outbox
from engine.store.database import Connection, Store
from engine.store.history import HistoryRow
from engine.store.tables import OutboxStatus

_EVERY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found; each is a sentence."""

    lost: Sequence[str]
    doubled: Sequence[str]
    reordered: Sequence[str]
    #: What `verify` and `store check` say.
    damaged: Sequence[str]
    #: How many decisions were made, and how many dead letters there are.
    decisions: int
    dead: int

    @property
    def well(self) -> bool:
        """Whether nothing is wrong; dead letters are the definitions' business."""
        return not (self.lost or self.doubled or self.reordered or self.damaged)


def judge(ran: Ran) -> Judgement:
    """Hold the store against what was delivered and what the practice Jira saw."""
    damaged = [finding.because for finding in check.check(ran.store)]
    store = Store.open(f"sqlite:///{ran.store}", migrate=False)
    try:
        with store.read() as c:
            kept = Counter(row.delivery_id for row in deliveries.latest(c, _EVERY))
            lost = [
                f"delivery {name} was answered and is not there" for name in ran.accepted if not kept[name]
            ]
            if ran.unfinished:
                lost.append(f"{ran.unfinished} event(s) were not finished in time")
            doubled: list[str] = []
            reordered: list[str] = []
            decisions = 0
            for project, entity_id in history.entities(c, ("", ""), _EVERY):
                rows = []
                for item in Replay().entity(c, project, entity_id):
                    if isinstance(item, Difference):
                        damaged.append(f"{entity_id}: {item.because}")
                    elif "restored" not in item.facts:
                        rows.append(item)
                decisions += len(rows)
                doubled += _decided_twice(entity_id, rows)
                reordered += _decided_out_of_order(entity_id, rows)
                moved = [change.target for change in ran.world.issue(entity_id).changes]
                wanted = _performed(c, project, entity_id)
                if len(moved) > len(wanted):
                    doubled.append(f"{entity_id} was moved {len(moved)} times for {len(wanted)} effect(s)")
                elif not _is_within(moved, wanted):
                    reordered.append(f"{entity_id} was moved to {moved}, decided was {wanted}")
            dead = len(deadletters.find(c, deadletters.Wanted()))
    finally:
        store.close()
    return Judgement(
        lost=lost, doubled=doubled, reordered=reordered, damaged=damaged, decisions=decisions, dead=dead
    )


def _decided_twice(entity_id: str, rows: Iterable[HistoryRow]) -> list[str]:
    times = Counter(row.inbox_id for row in rows)
    return [f"{entity_id}: event {n} was decided {count} times" for n, count in times.items() if count > 1]


def _decided_out_of_order(entity_id: str, rows: Iterable[HistoryRow]) -> list[str]:
    return [
        f"{entity_id}: event {later.inbox_id} was decided after event {earlier.inbox_id}"
        for earlier, later in pairwise(rows)
        if later.inbox_id < earlier.inbox_id
    ]


def _performed(c: Connection, project: str, entity_id: str) -> list[str]:
    """The statuses that the entity's transition calls were for, in order; one that died may have happened too."""
    rows = reversed(outbox.of_entity(c, project, entity_id, _EVERY))
    return [
        row.effect.target_status or row.effect.target or ""
        for row in rows
        if row.kind is EffectKind.TRANSITION and row.status in {OutboxStatus.DONE, OutboxStatus.DEAD}
    ]


def _is_within(moved: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether the one is the other with nothing added and nothing exchanged."""
    left = iter(wanted)
    return all(status in left for status in moved)
