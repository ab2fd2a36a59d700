"""Self-assessments: drafts and what was submitted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0005"
down_revision = "0004"
KEY = sa.String(200)


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "self_assessments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_self_assessments"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_self_assessments_actor_idempotency_key"),
    )
    op.create_index("ix_self_assessments_teacher_id_id", "self_assessments", ["teacher_id", "id"])
    op.create_index("ix_self_assessments_state_id", "self_assessments", ["state", "id"])


def downgrade() -> None:
    """Deletes it with all that it holds."""
    op.drop_table("self_assessments")
