"""What people are asked is found in time, and so is what they answered beside a running daemon."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("instances", sa.Column("awaits_since", MOMENT, nullable=True))
    asked = sa.text("awaits_since IS NOT NULL")
    op.create_index(
        "ix_instances_awaiting", "instances", ["awaits_since"], sqlite_where=asked, postgresql_where=asked
    )
    waiting = sa.text("receive IS NULL AND once IS NOT NULL AND finished_at IS NULL")
    op.create_index("ix_inbox_answers", "inbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)
