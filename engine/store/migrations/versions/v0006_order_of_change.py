"""Nothing lists instances by when they changed: the index cost every decision a page somewhere in the file."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_instances_updated_at", "instances")
