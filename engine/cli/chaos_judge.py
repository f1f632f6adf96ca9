"""What became of everything that was delivered during ``interlock chaos``: lost, doubled, out of order, or as it should be."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter

from engine.cli.chaos_run import Plan, Ran
from engine.frozen import frozen
from engine.model import EffectKind
from engine.run.replay import Difference, Replay, around
from engine.store import check, deadletters, deliveries, history, outbox
from engine.store.backend import is_postgresql
from engine.store.database import Store
from engine.store.history import HistoryRow
from engine.store.outbox import OutboxRow
from engine.store.sqlite import path_of
from engine.store.tables import OutboxStatus

_EVERY = 1_000_000


@frozen
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
        """Whether something was decided and nothing is wrong; dead letters are the definitions' business."""
        return self.decisions > 0 and not (self.lost or self.doubled or self.reordered or self.damaged)


def judge(ran: Ran) -> Judgement:
    """Hold the store against what was delivered and what the practice backends saw, if those were called."""
    in_file = not is_postgresql(ran.store)
    damaged = [finding.because for finding in check.check(path_of(ran.store))] if in_file else []
    lost: list[str] = []
    doubled: list[str] = []
    reordered: list[str] = []
    store = Store.open(ran.store, migrate=False)
    try:
        with store.read() as c:
            kept = Counter(row.delivery_id for row in deliveries.latest(c, _EVERY))
            lost += [
                f"delivery {name} was answered and is not there" for name in ran.accepted if not kept[name]
            ]
            if ran.unfinished:
                lost.append(f"{ran.unfinished} event(s) were not finished in time")
            decisions = 0
            calls: dict[tuple[str, str], list[str]] = {}
            for call in ran.recorder.calls:
                calls.setdefault((call.project, call.entity), []).append(call.key)
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
                if not ran.plan.real:
                    effects = outbox.of_entity(c, project, entity_id, _EVERY)
                    effects.sort(key=attrgetter("inbox_id", "position"))
                    done = _Done(ran, project, entity_id, effects, calls.get((project, entity_id), ()))
                    lost += done.lost()
                    doubled += done.doubled()
                    reordered += done.reordered()
            damaged += [f"{one.entity_id}: {one.because}" for one in around(c)]
            dead = len(deadletters.find(c, deadletters.Wanted()))
    finally:
        store.close()
    return Judgement(
        lost=lost, doubled=doubled, reordered=reordered, damaged=damaged, decisions=decisions, dead=dead
    )


class _Done:
    """What became of one entity's effects: what the store says was done, and what the practice backends saw."""

    def __init__(
        self, ran: Ran, project: str, entity_id: str, effects: Sequence[OutboxRow], calls: Sequence[str]
    ) -> None:
        self._entity = entity_id
        of_jira = project in ran.plan.jira_projects
        self._moved = [change.target for change in ran.world.issue(entity_id).changes] if of_jira else []
        self._wanted = _performed(effects) if of_jira else []
        self._calls = calls
        self._recorded = [row.key for row in effects if _is_recorded(ran.plan, row)]

    def lost(self) -> list[str]:
        missing = [key for key in self._recorded if key not in self._calls]
        return [f"{self._entity}: call {key} is done and was never made" for key in missing]

    def doubled(self) -> list[str]:
        found = [
            f"{self._entity}: call {key} was made {times} times"
            for key, times in Counter(self._calls).items()
            if times > 1
        ]
        if len(self._moved) > len(self._wanted):
            found.append(
                f"{self._entity} was moved {len(self._moved)} times for {len(self._wanted)} effect(s)"
            )
        return found

    def reordered(self) -> list[str]:
        found = []
        if len(self._moved) <= len(self._wanted) and not _is_within(self._moved, self._wanted):
            found.append(f"{self._entity} was moved to {self._moved}, decided was {self._wanted}")
        made = [key for key in self._calls if key in self._recorded]
        if list(dict.fromkeys(made)) != [key for key in self._recorded if key in made]:
            found.append(f"{self._entity}: its calls were made in another order than decided")
        return found


def _decided_twice(entity_id: str, rows: Iterable[HistoryRow]) -> list[str]:
    times = Counter(row.inbox_id for row in rows)
    return [f"{entity_id}: event {n} was decided {count} times" for n, count in times.items() if count > 1]


def _decided_out_of_order(entity_id: str, rows: Iterable[HistoryRow]) -> list[str]:
    return [
        f"{entity_id}: event {later.inbox_id} was decided after event {earlier.inbox_id}"
        for earlier, later in pairwise(rows)
        if later.inbox_id < earlier.inbox_id
    ]


def _is_recorded(plan: Plan, row: OutboxRow) -> bool:
    """Whether it was done by the practice backend that records."""
    to_jira = (
        row.effect.worker in plan.jira_workers if row.effect.worker else row.project in plan.jira_projects
    )
    return row.status is OutboxStatus.DONE and not to_jira


def _performed(rows: Iterable[OutboxRow]) -> list[str]:
    """The statuses that the entity's transition calls were for, in order; one that died may have happened too."""
    return [
        row.effect.target_status or row.effect.target or ""
        for row in rows
        if row.kind is EffectKind.TRANSITION and row.status in {OutboxStatus.DONE, OutboxStatus.DEAD}
    ]


def _is_within(moved: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether the one is the other with nothing added and nothing exchanged."""
    left = iter(wanted)
    return all(status in left for status in moved)
