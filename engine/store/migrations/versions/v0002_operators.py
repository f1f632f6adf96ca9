"""What an operator needs: dead letters that are put back, and chains that go on after retention."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("inbox", sa.Column("retried_at", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("retried_at", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("earlier_attempts", sa.Integer(), server_default="0", nullable=False))
    _index("ix_inbox_dead", "inbox", ["id"], "status = 'dead'")
    _index("ix_inbox_retried", "inbox", ["id"], "retried_at IS NOT NULL AND finished_at IS NULL")
    _index("ix_deliveries_repeats", "deliveries", ["duplicate_of"], "duplicate_of IS NOT NULL")
    op.create_table(
        "checkpoints",
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("project", "entity_id", name=op.f("pk_checkpoints")),
    )
    # A redelivery has decided these again: to put them back would do it twice.
    op.execute(
        "UPDATE inbox SET status = 'dropped' WHERE status = 'dead' AND EXISTS ("
        "SELECT 1 FROM deliveries AS first JOIN deliveries AS later ON later.hook_id = first.hook_id"
        " AND later.digest = first.digest AND later.id > first.id AND later.duplicate_of IS NULL"
        " JOIN inbox AS again ON again.delivery_row_id = later.id"
        " WHERE first.id = inbox.delivery_row_id AND again.project = inbox.project"
        " AND again.entity_id = inbox.entity_id AND again.event = inbox.event)"
    )


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
