"""The ledger of a workspace for commands: its tables with what was claimed and decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pandas as pd

from features.ledger.joined_entries import joined_entries
from features.tables import Tables
from recommender.records.audit_lines import OPERATOR
from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.hour_records import HourRecords
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.workspace.import_history import user_name
from recommender.workspace.workspace import Workspace


@contextmanager
def hour_records(workspace: Workspace, settings: Settings) -> Iterator[HourRecords]:
    """The records of hours, opened and closed. Raises UnavailableError and ReadError."""
    store = RecordStore.of(workspace.root, settings)
    try:
        yield HourRecords(store.open())
    finally:
        store.close()


def hours_tables(workspace: Workspace, settings: Settings) -> Tables:
    """The tables with the joined entries; as they are where nothing was ever recorded. Raises as `hour_records` does."""
    if not RecordStore.of(workspace.root, settings).exists:
        return workspace.tables
    with hour_records(workspace, settings) as records:
        recorded = records.recorded()
    imported = workspace.tables["hour_entries"]
    return with_entries(workspace.tables, joined_entries(imported, recorded.claims, recorded.decisions, settings.day()))


def with_entries(tables: Tables, entries: pd.DataFrame) -> Tables:
    """The tables with another table of entries; the same object where it is the same."""
    return tables if entries is tables["hour_entries"] else Tables({**tables.frames, "hour_entries": entries}, tables.made_up)


def record_people(
    workspace: Workspace, settings: Settings, command: str, teachers: Iterable[object], purpose: str = "hours"
) -> None:
    """A line in the audit trail for each teacher whom a command shows, on disk before it does."""
    store = RecordStore.of(workspace.root, settings).open()
    trail = AuditTrail(store)
    try:
        at, actor = store.now(), user_name()
        lines = [
            trail.append(AuditLine(at, actor, OPERATOR, command, "teacher", str(teacher), purpose, granted=True))
            for teacher in teachers
        ]
        for line in lines:
            line.result()
    finally:
        trail.close()
        store.close()
