"""Partitions: which entities of one have something to do now, and when the next one will."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from engine.store.columns import Moment, microseconds
from engine.store.pauses import held
from engine.store.tables import inbox

_HEADS = (
    select(inbox.c.project, inbox.c.entity_id, inbox.c.due_at)
    .where(
        inbox.c.finished_at.is_(None),
        func.interlock_partition(inbox.c.project, inbox.c.entity_id) == bindparam("of_partition"),
        ~held(inbox.c.project),
    )
    .ext(distinct_on(inbox.c.project, inbox.c.entity_id))
    .order_by(inbox.c.project, inbox.c.entity_id, inbox.c.id)
    .subquery("heads")
)
_NEXT_DUE = select(func.min(_HEADS.c.due_at, type_=Moment))

# The projects are found by leaps through the index, and a page of each is read: one with a million events costs the others
# nothing. What nobody has put off is due whatever the clock says (`InboxRow.is_due`).
_READY = """
WITH RECURSIVE here (project) AS (
  SELECT min(project) FROM inbox WHERE finished_at IS NULL AND interlock_partition(project, entity_id) = %s
  UNION ALL
  SELECT (SELECT min(i.project) FROM inbox AS i WHERE i.finished_at IS NULL
          AND interlock_partition(i.project, i.entity_id) = %s AND i.project > here.project)
  FROM here WHERE here.project IS NOT NULL
)
SELECT ready.project, ready.entity_id
FROM here
LEFT JOIN unnest(%s::text[], %s::text[]) AS seen (project, entity_id) ON seen.project = here.project
CROSS JOIN LATERAL (
  SELECT heads.project, heads.entity_id FROM (
    SELECT DISTINCT ON (project, entity_id) project, entity_id, due_at, coalesce(retried_at, received_at) AS written_at
    FROM inbox WHERE finished_at IS NULL AND interlock_partition(project, entity_id) = %s
    AND project = here.project AND entity_id > coalesce(seen.entity_id, '')
    ORDER BY project, entity_id, id
  ) AS heads
  WHERE heads.due_at <= %s OR heads.due_at = heads.written_at
  ORDER BY heads.entity_id LIMIT %s
) AS ready
WHERE NOT EXISTS (SELECT FROM pauses WHERE kind = 'all' OR kind = 'project' AND name = here.project)
ORDER BY ready.project, ready.entity_id
"""


def ready(
    c: Connection, partition: int, now: datetime, *, after: Mapping[str, str] | None = None, limit: int
) -> list[tuple[str, str]]:
    """Project and entity of each lane whose head is due, by name, but of no paused project.

    Of each project at most `limit`, behind the entity that `after` names for it.
    """
    seen = after or {}
    values = (partition, partition, [*seen], [*seen.values()], partition, microseconds(now), limit)
    return [(project, entity_id) for project, entity_id in c.exec_driver_sql(_READY, values)]


def next_due(c: Connection, partition: int) -> datetime | None:
    """When the first head of the partition is due; None if nothing is unfinished that is not paused."""
    due: datetime | None = c.execute(_NEXT_DUE, {"of_partition": partition}).scalar_one()
    return due


def moment(c: Connection) -> datetime:
    """What the server's clock says now."""
    found: datetime = c.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return found
