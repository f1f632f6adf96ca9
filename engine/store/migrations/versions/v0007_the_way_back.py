"""Each decision names the one before, and an instance the last: no index leads from an entity to all of its rows any more.

Every row of the history and every instance is written once more, in one pass over each.
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: So many rows at once: what SQLite remembers of them meanwhile is in memory.
_ROWS = 100_000
_NAME_THE_ONE_BEFORE = """
UPDATE history SET previous_id = (
  SELECT max(earlier.id) FROM history AS earlier
  WHERE earlier.project = history.project AND earlier.entity_id = history.entity_id AND earlier.id < history.id
) WHERE id > :after AND id <= :upto
"""
_NAME_THE_LAST = """
UPDATE instances SET last_history_id = (
  SELECT max(id) FROM history WHERE history.project = instances.project AND history.entity_id = instances.entity_id
)
"""
# Where retention has removed all of it, the checkpoint has the hash.
_KEEP_ITS_HASH = """
UPDATE instances SET last_hash = coalesce(
  (SELECT hash FROM history WHERE history.id = instances.last_history_id),
  (SELECT hash FROM checkpoints
   WHERE checkpoints.project = instances.project AND checkpoints.entity_id = instances.entity_id)
)
"""


def upgrade() -> None:
    op.add_column("history", sa.Column("previous_id", NUMBER, nullable=True))
    op.add_column("instances", sa.Column("last_history_id", NUMBER, nullable=True))
    op.add_column("instances", sa.Column("last_hash", sa.LargeBinary(), nullable=True))
    told = context.config.attributes["told"]
    oldest, newest = op.get_bind().execute(sa.text("SELECT min(id), max(id) FROM history")).one()
    for after in range((oldest or 1) - 1, newest or 0, _ROWS):
        told(f"schema 0007: decisions up to number {after:,} of {newest:,} are written once more")
        op.execute(sa.text(_NAME_THE_ONE_BEFORE).bindparams(after=after, upto=after + _ROWS))
    for statement in (_NAME_THE_LAST, _KEEP_ITS_HASH):
        told("schema 0007: instances are written once more")
        op.execute(statement)
    told("schema 0007: indexes are made")
    for name, table in (
        ("ix_history_entity", "history"),
        ("ix_inbox_entity", "inbox"),
        ("ix_outbox_entity", "outbox"),
    ):
        op.drop_index(name, table)
    given_up = "status = 'dead' OR status = 'dropped'"
    for name, table, where in (
        ("ix_inbox_given_up", "inbox", given_up),
        ("ix_inbox_own", "inbox", "delivery_row_id IS NULL"),
        ("ix_outbox_given_up", "outbox", given_up),
    ):
        only = sa.text(where)
        op.create_index(name, table, ["project", "entity_id", "id"], sqlite_where=only, postgresql_where=only)
