"""The table of changes of the promoted model version: proposed, confirmed, withdrawn, and carried out."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from recommender.records.record_tables import KEY, LONGEST_REASON, METADATA, NUMBER, UtcTime

EVENTS: Final = ("propose", "confirm", "withdraw", "decide", "apply", "lapse")
KINDS: Final = ("promote", "rollback")

MODEL_CHANGES: Final = sa.Table(
    "model_changes", METADATA,
    sa.Column("id", NUMBER, sa.Identity(), primary_key=True),
    sa.Column("event", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("version", KEY, nullable=False),
    sa.Column("previous", KEY, nullable=True),
    sa.Column("refers_to", NUMBER, nullable=True),
    sa.Column("actor", KEY, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("reason", sa.String(LONGEST_REASON), nullable=False),
    sa.Column("idempotency_key", KEY, nullable=False),
    sa.Index(None, "refers_to"),
    sa.UniqueConstraint("actor", "idempotency_key"),
)  # fmt: skip
"""Events, appended and never changed. kind: promote or rollback. version: the one to use from then on; previous: the one that was
promoted at that time. refers_to: for confirm and withdraw the proposal's id; for apply (the registry holds it) and lapse (another
version was promoted meanwhile) the id of what was decided: a confirm, or a decide (one person alone, on the machine)."""
