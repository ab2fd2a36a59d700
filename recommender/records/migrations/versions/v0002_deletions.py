"""What was deleted for good, by terms or on request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0002"
down_revision = "0001"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = sa.String(200)


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "deletions",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("before", UtcTime(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
    )
    op.create_index("ix_deletions_place_before", "deletions", ["place", "before"])


def downgrade() -> None:
    """Deletes it with all that it holds."""
    op.drop_table("deletions")
