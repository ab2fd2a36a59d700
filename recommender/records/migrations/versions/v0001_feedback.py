"""Feedback, the switch, audit lines and idempotency keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0001"
down_revision = None
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = sa.String(200)


def _written() -> tuple[sa.Column[Any], ...]:
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
        "feedback",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("course_id", KEY, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_feedback_actor_idempotency_key"),
    )
    op.create_index("ix_feedback_teacher_id_course_id_id", "feedback", ["teacher_id", "course_id", "id"])
    op.create_table(
        "personalisation",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_personalisation"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_personalisation_actor_idempotency_key"),
    )
    op.create_index("ix_personalisation_teacher_id_id", "personalisation", ["teacher_id", "id"])
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("route", KEY, nullable=False),
        sa.Column("unit_kind", sa.String(20), nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_unit_kind_unit_id_at", "audit", ["unit_kind", "unit_id", "at"])
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])


def downgrade() -> None:
    """Deletes them with all that they hold."""
    for name in ("idempotency_keys", "audit", "personalisation", "feedback"):
        op.drop_table(name)
