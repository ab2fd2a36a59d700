"""The tables of the records. What happened is appended and never changed; what holds now is the newest row.

Every row that a person writes carries `actor` (who), `role`, `at` (when, UTC), `reason` (why) and `idempotency_key`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

ACTIONS: Final = ("intend", "dismiss", "undo", "complete")
LONGEST_ID: Final = 200  # characters
LONGEST_REASON: Final = 500  # characters
NAMES: Final = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
METADATA: Final = sa.MetaData(naming_convention=NAMES)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones: there it is stored without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """With its zone."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up integers only
KEY = sa.String(LONGEST_ID)


def _number() -> sa.Column[int]:
    return sa.Column("id", NUMBER, sa.Identity(), primary_key=True)


def _written() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("reason", sa.String(LONGEST_REASON), nullable=False),
        sa.Column("idempotency_key", KEY, nullable=False),
    )


FEEDBACK: Final = sa.Table(
    "feedback", METADATA, _number(),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("course_id", KEY, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    *_written(),
    sa.Index(None, "teacher_id", "course_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""Events; of a teacher and a course the newest holds, and `undo` says that none does."""

PERSONALISATION: Final = sa.Table(
    "personalisation", METADATA, _number(),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    *_written(),
    sa.Index(None, "teacher_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""Events; the newest holds, and without any personalisation is on."""

AUDIT: Final = sa.Table(
    "audit", METADATA, _number(),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", KEY, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("route", KEY, nullable=False),
    sa.Column("unit_kind", sa.String(20), nullable=False),
    sa.Column("unit_id", KEY, nullable=False),
    sa.Column("purpose", KEY, nullable=False),
    sa.Column("granted", sa.Boolean, nullable=False),
    sa.Index(None, "unit_kind", "unit_id", "at"),
    sa.Index(None, "actor", "at"),
    sa.Index(None, "at"),
)  # fmt: skip
"""Reads of people and of names, refused ones too."""

IDEMPOTENCY_KEYS: Final = sa.Table(
    "idempotency_keys", METADATA,
    sa.Column("actor", KEY, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
    sa.Column("request", sa.String(64), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index(None, "at"),
)  # fmt: skip
"""request: SHA-256 of what was requested. answer: what was answered, JSON; the same request gets it again."""

OBJECTIONS: Final = sa.Table(
    "objections", METADATA, _number(),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", KEY, nullable=False),
    sa.Column("row_key", sa.Text, nullable=False),
    sa.Column("row_digest", sa.String(64), nullable=False),
    *_written(),
    sa.Index(None, "teacher_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""What a teacher contests, `reason` in her words. kind: row, need or course. subject: the table, competency or course.
row_key: the row's key as JSON. row_digest: of all its cells (`personal_data.row_digest`); both empty for other kinds."""

OBJECTION_ANSWERS: Final = sa.Table(
    "objection_answers", METADATA, _number(),
    sa.Column("objection_id", NUMBER, nullable=False),
    sa.Column("teacher_id", KEY, nullable=False),
    sa.Column("decision", sa.String(20), nullable=False),
    *_written(),
    sa.Index(None, "objection_id", "id"),
    sa.Index(None, "teacher_id", "id"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""Upheld, rejected or withdrawn; of an objection the newest holds, and without any it is open. No foreign key: erasing a person
deletes table by table, rows and their idempotency keys together."""

DELETIONS: Final = sa.Table(
    "deletions", METADATA, _number(),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", KEY, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("place", KEY, nullable=False),
    sa.Column("before", UtcTime, nullable=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Index(None, "place", "before"),
)  # fmt: skip
"""What was deleted for good, without whom it was about. reason: retention or erasure. place: a table, or files of the workspace.
before: rows older than this went, where a term was the reason. rows: how many, files where the place is files."""
