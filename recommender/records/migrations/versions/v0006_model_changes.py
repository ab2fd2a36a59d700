"""Changes of the promoted model version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0006"
down_revision = "0005"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = sa.String(200)


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "model_changes",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("previous", KEY, nullable=True),
        sa.Column("refers_to", NUMBER, nullable=True),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_model_changes"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_model_changes_actor_idempotency_key"),
    )
    op.create_index("ix_model_changes_refers_to", "model_changes", ["refers_to"])


def downgrade() -> None:
    """Deletes it with all that it holds."""
    op.drop_table("model_changes")
