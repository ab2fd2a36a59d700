"""The table of self-assessments: answers of a teacher about herself, draft by draft, and what she submitted."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from recommender.records.record_tables import KEY, LONGEST_REASON, METADATA, NUMBER, UtcTime

SELF_ASSESSMENTS: Final = sa.Table(
    "self_assessments", METADATA,
    sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("answers", sa.Text, nullable=False),
    sa.Column("actor", KEY, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("reason", sa.String(LONGEST_REASON), nullable=False),
    sa.Column("idempotency_key", KEY, nullable=False),
    sa.Index(None, "teacher_id", "id"),
    sa.Index(None, "state", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""state: draft or submitted. cycle: the calendar year in which the school year of the answers began. answers: JSON, a list of
{item, score, scale_min, scale_max}. Of a teacher and a cycle the newest submitted row counts; a new row of a cycle deletes its
drafts."""
