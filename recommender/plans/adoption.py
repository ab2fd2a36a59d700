"""Which plan of an organization stands, by whose decision, since when and why: only this one names people to it.

Adopting another plan replaces the one that stood, withdrawing leaves none; each is a version, and all are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from features.errors import UsageError
from recommender.records.planning_tables import PLAN_ADOPTIONS
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import LONGEST_ID, LONGEST_REASON

AdoptionAction = Literal["adopt", "withdraw"]


@dataclass(frozen=True)
class Adoption:
    """One decision. by: whose, as in the sign-in token. at: ISO, UTC. why: may be empty. version: counts up by organization."""

    by: str
    at: str
    why: str = ""
    version: int = 1
    plan_id: str = ""
    action: AdoptionAction = "adopt"


class AdoptionRecords:
    """Adoptions in the records of a workspace."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records

    def adopt(self, org_id: str, plan_id: str, by: str, why: str = "") -> Adoption:
        """The plan stands from now on; where it does already, the decision that made it so."""
        return self._decide(org_id, plan_id, "adopt", by, why)

    def withdraw(self, org_id: str, plan_id: str, by: str, why: str = "") -> Adoption | None:
        """No plan stands from now on; None where this one did not."""
        try:
            return self._decide(org_id, plan_id, "withdraw", by, why)
        except _NothingToDo:
            return None

    def history(self, org_id: str) -> tuple[Adoption, ...]:
        """All decisions of an organization, newest first."""
        query = sa.select(PLAN_ADOPTIONS).where(PLAN_ADOPTIONS.c.org_id == org_id)
        with self._records.reading() as connection:
            rows = connection.execute(query.order_by(PLAN_ADOPTIONS.c.version.desc())).all()
        return tuple(map(_adoption, rows))

    def standing(self, org_ids: Collection[str] | None = None) -> dict[str, Adoption]:
        """Organization -> the adoption that stands; of all for None."""
        table = PLAN_ADOPTIONS
        newest = sa.select(table.c.org_id, sa.func.max(table.c.version).label("version")).group_by(table.c.org_id)
        if org_ids is not None:
            newest = newest.where(table.c.org_id.in_(list(org_ids)))
        last = newest.subquery()
        query = sa.select(table).join(last, sa.and_(table.c.org_id == last.c.org_id, table.c.version == last.c.version))
        with self._records.reading() as connection:
            rows = connection.execute(query.where(table.c.action == "adopt")).all()
        return {row.org_id: _adoption(row) for row in rows}

    def _decide(self, org_id: str, plan_id: str, action: AdoptionAction, by: str, why: str) -> Adoption:
        if len(why) > LONGEST_REASON:
            raise UsageError("records.too_long", ids=LONGEST_ID, reason=LONGEST_REASON)
        with self._records.writing() as connection:
            last = last_decision(connection, org_id)
            stands = last is not None and last.plan_id == plan_id and last.action == "adopt"
            if last is not None and stands and action == "adopt":
                return last
            if not stands and action == "withdraw":
                raise _NothingToDo
            return append(connection, org_id, plan_id, action, by, self._records.now(), why)


class _NothingToDo(Exception):
    pass


def last_decision(connection: sa.Connection, org_id: str) -> Adoption | None:
    """The newest one, in a transaction that writes; no other process decides for this organization until it ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        name = sa.func.hashtextextended(f"plan adoptions\n{org_id}", 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))
    query = sa.select(PLAN_ADOPTIONS).where(PLAN_ADOPTIONS.c.org_id == org_id)
    row = connection.execute(query.order_by(PLAN_ADOPTIONS.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _adoption(row)


def append(
    connection: sa.Connection, org_id: str, plan_id: str, action: AdoptionAction, by: str, at: datetime, why: str = ""
) -> Adoption:
    """One decision more, after `last_decision` in the same transaction."""
    last = last_decision(connection, org_id)
    row: dict[str, Any] = {"org_id": org_id, "version": 1 + (last.version if last else 0), "plan_id": plan_id,
                           "action": action, "actor": by, "at": at, "reason": why}  # fmt: skip
    connection.execute(sa.insert(PLAN_ADOPTIONS).values(row))
    return Adoption(by, _iso(at), why, row["version"], plan_id, action)


def _adoption(row: sa.Row[Any]) -> Adoption:
    return Adoption(row.actor, _iso(row.at), row.reason, row.version, row.plan_id, row.action)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
