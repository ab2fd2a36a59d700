"""Claims of hours of continuing education, and decisions on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0007"
down_revision = "0006"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = sa.String(200)


def _written() -> tuple[sa.Column[str], ...]:
    return (
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=False),
    )


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "hour_claims",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("activity", sa.String(200), nullable=False),
        sa.Column("course_id", KEY, nullable=True),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("hours", sa.Float, nullable=False),
        sa.Column("credits", sa.Float, nullable=True),
        sa.Column("done_on", sa.Date, nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("evidence_url", sa.String(500), nullable=True),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_hour_claims"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_hour_claims_actor_idempotency_key"),
    )
    op.create_index("ix_hour_claims_teacher_id_id", "hour_claims", ["teacher_id", "id"])
    op.create_table(
        "hour_decisions",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_hour_decisions"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_hour_decisions_actor_idempotency_key"),
    )
    op.create_index("ix_hour_decisions_entry_id_id", "hour_decisions", ["entry_id", "id"])
    op.create_index("ix_hour_decisions_teacher_id_id", "hour_decisions", ["teacher_id", "id"])


def downgrade() -> None:
    """Deletes them with all that they hold."""
    op.drop_table("hour_decisions")
    op.drop_table("hour_claims")
