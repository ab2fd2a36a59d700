"""Reading the audit trail: who read what of whom, newest first; and the lines that commands write themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT
from recommender.settings import Settings

OPERATOR: Final = "operator"
"""Role of whoever runs commands on the machine; the operating system's user is the actor."""
AT_ONCE: Final = 1_000  # rows read at once


def concerns(subject: str, plan_ids: Collection[str] = ()) -> sa.ColumnElement[bool]:
    """The condition for a line that a person is read in or that she caused.

    plan_ids: plans that name her. Whoever read the names of such a plan read of her, too.
    """
    conditions = [AUDIT.c.actor == subject, sa.and_(AUDIT.c.unit_kind == "teacher", AUDIT.c.unit_id == subject)]
    if plan_ids:
        conditions.append(sa.and_(AUDIT.c.unit_kind == "plan", AUDIT.c.unit_id.in_(sorted(plan_ids))))
    return sa.or_(*conditions)


def audit_lines(
    store: RecordStore, subject: str | None = None, plan_ids: Collection[str] = (), since: datetime | None = None
) -> Iterator[AuditLine]:
    """Lines of one state of the records, newest first; of everybody without a subject. Raises UnavailableError."""
    query = sa.select(AUDIT).order_by(AUDIT.c.id.desc())
    if subject is not None:
        query = query.where(concerns(subject, plan_ids))
    if since is not None:
        query = query.where(AUDIT.c.at >= since)
    with store.reading() as connection:
        for row in connection.execution_options(yield_per=AT_ONCE).execute(query).mappings():
            yield AuditLine(**{name: row[name] for name in AuditLine.__dataclass_fields__})


def record_command(store: RecordStore, actor: str, command: str, unit_kind: str, unit_id: str, purpose: str) -> None:
    """A command's own line, on disk when this returns: `store` is open. Raises UnavailableError."""
    trail = AuditTrail(store)
    try:
        line = AuditLine(store.now(), actor, OPERATOR, command, unit_kind, unit_id, purpose, granted=True)
        trail.append(line).result()
    finally:
        trail.close()


def record_bulk_command(root: Path, settings: Settings, actor: str, command: str, teachers: int, purpose: str) -> None:
    """One line for a command that writes of many people: how many stands in the place of who. On disk when this returns.

    root: of the workspace whose records are meant. Raises UnavailableError.
    """
    store = RecordStore.of(root, settings)
    try:
        record_command(store.open(), actor, command, "teachers", str(teachers), purpose)
    finally:
        store.close()
