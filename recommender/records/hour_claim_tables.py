"""Tables of hours of continuing education: what teachers claim, and what is decided of claims and of imported entries."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from recommender.records.record_tables import KEY, LONGEST_REASON, METADATA, NUMBER, UtcTime

LONGEST_ACTIVITY: Final = 200  # characters
LONGEST_URL: Final = 500


def _written() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("reason", sa.String(LONGEST_REASON), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=False),
    )


HOUR_CLAIMS: Final = sa.Table(
    "hour_claims", METADATA,
    sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("activity", sa.String(LONGEST_ACTIVITY), nullable=False),
    sa.Column("course_id", KEY, nullable=True),
    sa.Column("category", sa.String(20), nullable=False),
    sa.Column("hours", sa.Float, nullable=False),
    sa.Column("credits", sa.Float, nullable=True),
    sa.Column("done_on", sa.Date, nullable=False),
    sa.Column("level", sa.String(20), nullable=False),
    sa.Column("evidence_url", sa.String(LONGEST_URL), nullable=True),
    *_written(),
    sa.Index(None, "teacher_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""What a teacher claims, `reason` in her words. Its entry of the ledger is `claim:` with the id."""

HOUR_DECISIONS: Final = sa.Table(
    "hour_decisions", METADATA,
    sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
    sa.Column("entry_id", KEY, nullable=False),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    *_written(),
    sa.Index(None, "entry_id", "id"),
    sa.Index(None, "teacher_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""checked, recognised, refused or withdrawn; of an entry the newest holds. entry_id: of a claim, or of the imported table
hour_entries, which is never changed."""
