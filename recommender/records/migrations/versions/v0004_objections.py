"""Objections of teachers, and how they were answered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0004"
down_revision = "0003"
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
        "objections",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("row_digest", sa.String(64), nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_objections"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_objections_actor_idempotency_key"),
    )
    op.create_index("ix_objections_teacher_id_id", "objections", ["teacher_id", "id"])
    op.create_table(
        "objection_answers",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("objection_id", NUMBER, nullable=False),
        sa.Column("teacher_id", KEY, nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", name="pk_objection_answers"),
        sa.UniqueConstraint("actor", "idempotency_key", name="uq_objection_answers_actor_idempotency_key"),
    )
    op.create_index("ix_objection_answers_objection_id_id", "objection_answers", ["objection_id", "id"])
    op.create_index("ix_objection_answers_teacher_id_id", "objection_answers", ["teacher_id", "id"])


def downgrade() -> None:
    """Deletes them with all that they hold, and the keys that acknowledged it: `store verify` counts these."""
    for name in ("objection_answers", "objections"):
        op.execute(
            f"DELETE FROM idempotency_keys WHERE EXISTS (SELECT 1 FROM {name} AS written WHERE"
            " written.actor = idempotency_keys.actor AND written.idempotency_key = idempotency_keys.key)"
        )
        op.drop_table(name)
