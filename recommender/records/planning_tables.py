"""Tables of plans: questions and the work on them, finished plans, who adopted which, drawings by lot.

The files of a plan stay in the workspace; its row says which bytes they are, and rows alone say which state holds.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from recommender.records.record_tables import KEY, LONGEST_REASON, METADATA, NUMBER, UtcTime

ACTIVE: Final = ("queued", "running")
PLAN_ID: Final = sa.String(20)
DIGEST: Final = sa.String(64)
ONE_ACTIVE: Final = sa.text("state IN ('queued', 'running')")


def _number() -> sa.Column[int]:
    return sa.Column("id", NUMBER, sa.Identity(), primary_key=True)


def _who_and_when() -> tuple[sa.Column[Any], ...]:
    return (sa.Column("actor", KEY, nullable=False), sa.Column("at", UtcTime, nullable=False))


PLAN_JOBS: Final = sa.Table(
    "plan_jobs", METADATA, _number(),
    sa.Column("plan_id", PLAN_ID, nullable=False),
    sa.Column("org_id", KEY, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    *_who_and_when(),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("what", sa.String(200), nullable=False),
    sa.Column("share", sa.Float, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("stop", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(100), nullable=False),
    sa.Column("leased_until", UtcTime, nullable=True),
    sa.Column("started_at", UtcTime, nullable=True),
    sa.Column("finished_at", UtcTime, nullable=True),
    sa.Index("uq_plan_jobs_active", "plan_id", unique=True, sqlite_where=ONE_ACTIVE, postgresql_where=ONE_ACTIVE),
    sa.Index(None, "plan_id", "id"),
    sa.Index(None, "org_id", "id"),
    sa.Index(None, "state", "id"),
)  # fmt: skip
"""A question and the work on it; of a plan the newest holds. plan_id: stands for the question, the data, the model, the program
and the day, and is its idempotency key: of one plan at most one job waits or runs. inputs: the question, JSON. error: why there
is no plan, JSON in both languages. worker: whose it is until leased_until."""

PLANS: Final = sa.Table(
    "plans", METADATA,
    sa.Column("plan_id", PLAN_ID, primary_key=True),
    sa.Column("job_id", NUMBER, nullable=True),
    sa.Column("org_id", KEY, nullable=False),
    sa.Column("inputs_digest", DIGEST, nullable=False),
    sa.Column("tables", DIGEST, nullable=False),
    sa.Column("as_of", sa.String(10), nullable=False),
    sa.Column("model_version", KEY, nullable=False),
    sa.Column("seats", sa.Integer, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    *_who_and_when(),
    sa.Index(None, "org_id"),
)  # fmt: skip
"""A finished plan. digest: SHA-256 over the digests of its files. job_id: none for a plan of the command line. at: when it was
finished. actor: who asked for it."""

PLAN_ADOPTIONS: Final = sa.Table(
    "plan_adoptions", METADATA, _number(),
    sa.Column("org_id", KEY, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("plan_id", PLAN_ID, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    *_who_and_when(),
    sa.Column("reason", sa.String(LONGEST_REASON), nullable=False),
    sa.UniqueConstraint("org_id", "version"),
    sa.Index(None, "plan_id"),
)  # fmt: skip
"""Decisions: adopt (in the place of all that stood), adopt_beside or withdraw; by version they say which plans of an organization
stand."""

LOTTERY_DRAWS: Final = sa.Table(
    "lottery_draws", METADATA, _number(),
    sa.Column("plan_id", PLAN_ID, nullable=False),
    sa.Column("org_id", KEY, nullable=False),
    sa.Column("seed", NUMBER, nullable=False),
    sa.Column("commitment", DIGEST, nullable=False),
    sa.Column("participants", sa.Integer, nullable=False),
    sa.Column("seats", sa.Integer, nullable=False),
    sa.Column("result", DIGEST, nullable=False),
    *_who_and_when(),
    sa.UniqueConstraint("plan_id", "result"),
)  # fmt: skip
"""Drawings of a plan. commitment: digest of the question with its seed, which its job shows before anything is drawn. result:
SHA-256 of lottery.csv."""
