"""Changes of the promoted version as they are recorded: rows in, proposals and decisions out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa

from recommender.records.model_change_table import MODEL_CHANGES
from recommender.records.record_store import RecordEntry

Kind = Literal["promote", "rollback"]
OPEN_DAYS: Final = 7
T: Final = MODEL_CHANGES.c
COLUMNS: Final = ("event", "kind", "version", "previous", "refers_to", "actor", "at", "reason")


@dataclass(frozen=True)
class ModelChange:
    """One event of the records: a proposal, or what was decided. Columns: `MODEL_CHANGES`."""

    change_id: int
    event: str
    kind: Kind
    version: str
    previous: str | None
    refers_to: int | None
    actor: str
    at: datetime
    reason: str

    @property
    def expires(self) -> datetime:
        """Until when a proposal can be confirmed."""
        return self.at + timedelta(days=OPEN_DAYS)


@dataclass(frozen=True)
class Promotion:
    """Who put a version into use and when. proposed_by: None where one person decided on the machine."""

    at: datetime
    by: str
    proposed_by: str | None
    reason: str


def insert_change(
    connection: sa.Connection, entry: RecordEntry, event: str, kind: Kind, version: str, previous: str | None,
    refers_to: int | None = None,
) -> Mapping[str, Any]:  # fmt: skip
    """Appends an event; the answer that acknowledges it."""
    values = {"event": event, "kind": kind, "version": version, "previous": previous, "refers_to": refers_to}
    insert = sa.insert(MODEL_CHANGES).values(values | entry.columns()).returning(T.id)
    return {"id": connection.execute(insert).scalar_one(), "event": event}


def change_with(connection: sa.Connection, change_id: int) -> ModelChange:
    """The event of this number, which is there."""
    return _of(connection.execute(sa.select(MODEL_CHANGES).where(T.id == change_id)).mappings().one())


def open_changes(connection: sa.Connection, now: datetime) -> tuple[ModelChange, ...]:
    """Proposals of the last OPEN_DAYS that nobody confirmed or withdrew, oldest first."""
    answers = MODEL_CHANGES.alias()
    answered = sa.select(answers.c.refers_to).where(answers.c.event.in_(("confirm", "withdraw")))
    query = sa.select(MODEL_CHANGES).where(
        T.event == "propose", T.at > now - timedelta(days=OPEN_DAYS), T.id.not_in(answered)
    )
    return tuple(map(_of, connection.execute(query.order_by(T.id)).mappings()))


def unfinished_changes(connection: sa.Connection) -> tuple[ModelChange, ...]:
    """Decisions that were recorded and neither carried out nor overtaken, oldest first."""
    done = MODEL_CHANGES.alias()
    finished = sa.select(done.c.refers_to).where(done.c.event.in_(("apply", "lapse")))
    query = sa.select(MODEL_CHANGES).where(T.event.in_(("confirm", "decide")), T.id.not_in(finished)).order_by(T.id)
    return tuple(map(_of, connection.execute(query).mappings()))


def newest_promotions(connection: sa.Connection) -> dict[str, Promotion]:
    """The newest promotion of each version that was decided by a person and carried out."""
    decided, proposed = MODEL_CHANGES.alias(), MODEL_CHANGES.alias()
    query = (
        sa.select(decided.c.version, T.at, decided.c.actor, decided.c.reason, proposed.c.actor.label("proposer"),
                  proposed.c.reason.label("why"))
        .join_from(MODEL_CHANGES, decided, decided.c.id == T.refers_to)
        .outerjoin(proposed, proposed.c.id == decided.c.refers_to)
        .where(T.event == "apply")
        .order_by(T.id)
    )  # fmt: skip
    rows = connection.execute(query).all()
    return {r.version: Promotion(r.at, r.actor, r.proposer, r.why or r.reason) for r in rows}


def _of(row: Mapping[Any, Any]) -> ModelChange:
    return ModelChange(row["id"], **{name: row[name] for name in COLUMNS})
