"""Wakes: who works an entity's partition is told in the transaction that gives the entity something to do.

Only where several processes share the store. An entity belongs to one of a fixed number of partitions: a function in
the database says which, so that all daemons agree. For each partition at most one wake waits, as a job of procrastinate.
It is written here as a row, because the library's own way to enqueue would abort a whole commit when a wake waits
already; a test holds the row against what the library itself writes.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import DDL, Connection

#: How many partitions a new database gets. The functions below keep the number; it is not changed under running daemons.
PARTITIONS = 32
QUEUE = "interlock"
TASK = "interlock.wake"
#: What procrastinate's listeners hear.
CHANNEL = f"procrastinate_queue_v1#{QUEUE}"

_COUNT = f"CREATE FUNCTION interlock_partitions() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT {PARTITIONS}'"
_PARTITION = f"""
CREATE FUNCTION interlock_partition(project text, entity_id text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT ('x' || substr(md5(project || '/' || entity_id), 1, 7))::bit(28)::int % {PARTITIONS}$$
"""
#: To be made before the tables, because an index uses one.
CREATE_FUNCTIONS = tuple(
    DDL(text.replace("%", "%%")).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
    for text in (_COUNT, _PARTITION)
)

_TOUCHED = "interlock.touched"

# The update of a waiting twin changes nothing, or makes it earlier; it locks the row, so that the twin cannot be
# fetched and finished before this transaction's rows can be seen. DO NOTHING would strand them.
_UPSERT = f"""
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
SELECT '{QUEUE}', '{TASK}', 'interlock/' || p, 'interlock/' || p, jsonb_build_object('partition', p), now() + %s::interval
FROM unnest(%s::int[]) AS p ORDER BY p
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET
scheduled_at = CASE WHEN excluded.scheduled_at IS NULL OR procrastinate_jobs.scheduled_at IS NULL THEN NULL
ELSE least(procrastinate_jobs.scheduled_at, excluded.scheduled_at) END
"""  # noqa: S608 -- constants of this module
_ALL = "SELECT generate_series(0, interlock_partitions() - 1)"
_AWAKE = f"""
SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = '{TASK}'
AND (status = 'doing' OR status = 'todo' AND coalesce(scheduled_at <= now(), true)))
"""  # noqa: S608
_PARTITIONS_OF = """
SELECT DISTINCT interlock_partition(e.project, e.entity_id)
FROM unnest(%s::text[], %s::text[]) AS e (project, entity_id) ORDER BY 1
"""
#: A queue's listeners hear the insert of a job by a trigger; that a waiting one was made earlier they hear by this.
_NOTIFY = f"""SELECT pg_notify('{CHANNEL}', '{{"type": "job_inserted", "job_id": 0}}')"""
_END = f"DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'doing' AND task_name = '{TASK}'"  # noqa: S608
_STRANDED = f"""
SELECT p FROM generate_series(0, interlock_partitions() - 1) AS p
WHERE EXISTS (SELECT FROM inbox WHERE finished_at IS NULL AND interlock_partition(project, entity_id) = p
AND NOT EXISTS (SELECT FROM pauses WHERE kind = 'all' OR kind = 'project' AND name = project))
AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = 'interlock/' || p
AND status IN ('todo', 'doing') AND queue_name = '{QUEUE}')
"""  # noqa: S608


def begin(c: Connection) -> None:
    """A transaction begins: nobody is touched yet."""
    c.info[_TOUCHED] = set()


def touch(c: Connection, project: str, entity_id: str) -> None:
    """Say, in a transaction, that the entity has something to do."""
    touched = c.info.get(_TOUCHED)
    if touched is not None:
        touched.add((project, entity_id))


def touch_all(c: Connection) -> None:
    """Say that entities of any partition may have something to do."""
    touched = c.info.get(_TOUCHED)
    if touched is not None:
        wake(c, [number for (number,) in c.exec_driver_sql(_ALL)])


def enqueue(c: Connection) -> None:
    """Wake the partitions of all entities touched in this transaction; the last thing before its commit."""
    touched = c.info.get(_TOUCHED)
    if not touched:
        return
    projects, entities = zip(*touched, strict=True)
    found = c.exec_driver_sql(_PARTITIONS_OF, (list(projects), list(entities)))
    wake(c, [number for (number,) in found])


def wake(c: Connection, partitions: Iterable[int], later: timedelta | None = None) -> None:
    """Have partitions worked now, or after a while; what waits already stays, and never becomes later.

    A while and not a moment: the server's clock says when it is over, and need not agree with anybody's.
    """
    numbers = sorted(set(partitions))
    if not numbers:
        return
    c.exec_driver_sql(_UPSERT, (later, numbers))
    if later is None:
        c.exec_driver_sql(_NOTIFY)


def hand_over(c: Connection, job_id: int, partition: int, later: timedelta | None = None) -> bool:
    """End the job that works a partition and wake the partition again; False if the job had ended already."""
    wake(c, [partition], later)
    return c.exec_driver_sql(_END, (job_id,)).rowcount == 1


def awake(c: Connection) -> bool:
    """Whether any partition is worked, or is to be now."""
    return bool(c.exec_driver_sql(_AWAKE).scalar_one())


def stranded(c: Connection) -> list[int]:
    """Partitions with unfinished events that nobody works and no wake waits for; there should be none."""
    return [number for (number,) in c.exec_driver_sql(_STRANDED)]
