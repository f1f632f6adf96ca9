"""Timers, events that no delivery brought, and what an instance remembers besides its context."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.BigInteger()
JSON = sa.Text()


def upgrade() -> None:
    op.create_table(
        "timers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("project", "entity_id", "event", name=op.f("uq_timers_project_entity_id_event")),
    )
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"], unique=False)
    op.add_column("instances", sa.Column("memory", JSON, server_default="{}", nullable=False))
    op.add_column("inbox", sa.Column("ordered", sa.Text(), nullable=True))
    op.add_column("inbox", sa.Column("payload", sa.Text(), nullable=True))
    _let_events_come_without_a_delivery()


def _let_events_come_without_a_delivery() -> None:
    """SQLite can take a constraint off a column only by copying the table; its numbers must go on where they were."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    counted = "UPDATE sqlite_sequence SET seq = :last WHERE name = 'inbox'"
    last = (
        op.get_bind().execute(sa.text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'inbox'"))
        if sqlite
        else None
    )
    number = None if last is None else last.scalar()
    with op.batch_alter_table(
        "inbox",
        table_args=(sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),),
        table_kwargs={"sqlite_autoincrement": True},
    ) as batch:
        batch.alter_column("delivery_row_id", existing_type=NUMBER, nullable=True)
    if number is not None:
        op.get_bind().execute(sa.text(counted), {"last": number})
