"""Which plans of an organization stand, by whose decision, since when and why: only these name people to it.

Adopting a plan replaces those that stood, unless it is adopted beside them; a withdrawal ends one. Each decision is a
version, and all are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from features.errors import UsageError
from recommender.records.planning_tables import PLAN_ADOPTIONS
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import LONGEST_ID, LONGEST_REASON

AdoptionAction = Literal["adopt", "adopt_beside", "withdraw"]


@dataclass(frozen=True)
class Adoption:
    """One decision. by: whose, as in the sign-in token. at: ISO, UTC. why: may be empty. version: counts up by organization."""

    by: str
    at: str
    why: str = ""
    version: int = 1
    plan_id: str = ""
    action: AdoptionAction = "adopt"
    org_id: str = ""


class AdoptionRecords:
    """Adoptions in the records of a workspace."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records

    def adopt(self, org_id: str, plan_id: str, by: str, why: str = "", beside: bool = False) -> Adoption:
        """The plan stands from now on, in the place of all others or beside them; where it does so already, the decision
        that made it so. Raises UsageError for an overlong reason."""
        return self._decide(org_id, plan_id, "adopt_beside" if beside else "adopt", by, why)

    def withdraw(self, org_id: str, plan_id: str, by: str, why: str = "") -> Adoption | None:
        """The plan stands no longer; None where it did not. Raises UsageError for an overlong reason."""
        try:
            return self._decide(org_id, plan_id, "withdraw", by, why)
        except _NothingToDo:
            return None

    def history(self, org_id: str) -> tuple[Adoption, ...]:
        """All decisions of an organization, newest first."""
        with self._records.reading() as connection:
            return tuple(reversed(decisions(connection, [org_id])))

    def standing(self, org_ids: Collection[str]) -> dict[str, Adoption]:
        """Plan -> the decision by which it stands, of these organizations."""
        with self._records.reading() as connection:
            made = decisions(connection, org_ids)
        return {
            plan_id: adoption
            for org_id in {one.org_id for one in made}
            for plan_id, adoption in standing_of(one for one in made if one.org_id == org_id).items()
        }

    def _decide(self, org_id: str, plan_id: str, action: AdoptionAction, by: str, why: str) -> Adoption:
        if len(why) > LONGEST_REASON:
            raise UsageError("records.too_long", ids=LONGEST_ID, reason=LONGEST_REASON)
        with self._records.writing() as connection:
            lock_decisions(connection, org_id)
            standing = standing_of(decisions(connection, [org_id]))
            if plan_id in standing and (action == "adopt_beside" or (action == "adopt" and len(standing) == 1)):
                return standing[plan_id]
            if plan_id not in standing and action == "withdraw":
                raise _NothingToDo
            return append(connection, org_id, plan_id, action, by, self._records.now(), why)


class _NothingToDo(Exception):
    pass


def standing_of(made: Iterable[Adoption]) -> dict[str, Adoption]:
    """Plan -> the decision by which it stands. made: the decisions of one organization, oldest first."""
    standing: dict[str, Adoption] = {}
    for one in made:
        if one.action == "adopt":
            standing = {one.plan_id: one}
        elif one.action == "adopt_beside":
            standing[one.plan_id] = one
        else:
            standing.pop(one.plan_id, None)
    return standing


def decisions(connection: sa.Connection, org_ids: Collection[str]) -> list[Adoption]:
    """Of each organization the oldest first."""
    query = sa.select(PLAN_ADOPTIONS).where(PLAN_ADOPTIONS.c.org_id.in_(list(org_ids)))
    rows = connection.execute(query.order_by(PLAN_ADOPTIONS.c.org_id, PLAN_ADOPTIONS.c.version))
    return [
        Adoption(row.actor, _iso(row.at), row.reason, row.version, row.plan_id, row.action, row.org_id) for row in rows
    ]


def lock_decisions(connection: sa.Connection, org_id: str) -> None:
    """No other process decides for this organization until the transaction ends, which must be one that writes."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        name = sa.func.hashtextextended(f"plan adoptions\n{org_id}", 0)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))


def append(
    connection: sa.Connection, org_id: str, plan_id: str, action: AdoptionAction, by: str, at: datetime, why: str = ""
) -> Adoption:
    """One decision more, after `lock_decisions` in the same transaction."""
    versions = sa.select(sa.func.max(PLAN_ADOPTIONS.c.version)).where(PLAN_ADOPTIONS.c.org_id == org_id)
    version = 1 + (connection.execute(versions).scalar() or 0)
    row = {"org_id": org_id, "version": version, "plan_id": plan_id, "action": action, "actor": by, "at": at, "reason": why}
    connection.execute(sa.insert(PLAN_ADOPTIONS).values(row))
    return Adoption(by, _iso(at), why, version, plan_id, action, org_id)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
