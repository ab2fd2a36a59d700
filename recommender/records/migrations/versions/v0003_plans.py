"""Questions to the planner, plans, adoptions and drawings by lot."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recommender.records.record_tables import UtcTime

revision = "0003"
down_revision = "0002"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = sa.String(200)
PLAN_ID = sa.String(20)
DIGEST = sa.String(64)
ACTIVE = sa.text("state IN ('queued', 'running')")


def _who_and_when() -> tuple[sa.Column[Any], ...]:
    return (sa.Column("actor", KEY, nullable=False), sa.Column("at", UtcTime(), nullable=False))


def upgrade() -> None:
    """Creates the tables; files of earlier versions are read in by `recommender.plans.plan_file_import`."""
    op.create_table(
        "plan_jobs",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("plan_id", PLAN_ID, nullable=False),
        sa.Column("org_id", KEY, nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        *_who_and_when(),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("what", KEY, nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(100), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plan_jobs"),
    )
    op.create_index(
        "uq_plan_jobs_active", "plan_jobs", ["plan_id"], unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE
    )
    for first in ("plan_id", "org_id", "state"):
        op.create_index(f"ix_plan_jobs_{first}_id", "plan_jobs", [first, "id"])
    op.create_table(
        "plans",
        sa.Column("plan_id", PLAN_ID, nullable=False),
        sa.Column("job_id", NUMBER, nullable=True),
        sa.Column("org_id", KEY, nullable=False),
        sa.Column("inputs_digest", DIGEST, nullable=False),
        sa.Column("tables", DIGEST, nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("model_version", KEY, nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        *_who_and_when(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plans"),
    )
    op.create_index("ix_plans_org_id", "plans", ["org_id"])
    op.create_table(
        "plan_adoptions",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("org_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", PLAN_ID, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        *_who_and_when(),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_adoptions"),
        sa.UniqueConstraint("org_id", "version", name="uq_plan_adoptions_org_id_version"),
    )
    op.create_index("ix_plan_adoptions_plan_id", "plan_adoptions", ["plan_id"])
    op.create_table(
        "lottery_draws",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("plan_id", PLAN_ID, nullable=False),
        sa.Column("org_id", KEY, nullable=False),
        sa.Column("seed", NUMBER, nullable=False),
        sa.Column("commitment", DIGEST, nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("result", DIGEST, nullable=False),
        *_who_and_when(),
        sa.PrimaryKeyConstraint("id", name="pk_lottery_draws"),
        sa.UniqueConstraint("plan_id", "result", name="uq_lottery_draws_plan_id_result"),
    )


def downgrade() -> None:
    """Deletes them with all that they hold."""
    for name in ("lottery_draws", "plan_adoptions", "plans", "plan_jobs"):
        op.drop_table(name)
