"""All rows of the records that are about one person, or that she wrote or caused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from recommender.records.audit_lines import concerns
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT, METADATA

NAMING: Final = ("teacher_id", "actor")
"""Columns that name a person. A table without any is a fault (`tests/recommender/test_personal_data.py`)."""


def about(table: sa.Table, teacher_id: str, plan_ids: Collection[str] = ()) -> sa.ColumnElement[bool]:
    """The condition for a row about her. plan_ids: plans that name her. Raises ValueError for a table that names nobody."""
    conditions = [table.c[name] == teacher_id for name in NAMING if name in table.c]
    if table is AUDIT:
        conditions.append(concerns(teacher_id, plan_ids))
    if not conditions:
        raise ValueError(f"no column of {table.name} names a person")
    return sa.or_(*conditions)


def personal_records(
    store: RecordStore, teacher_id: str, plan_ids: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, oldest first, of one state of the records. Raises UnavailableError."""
    with store.reading() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    sa.select(table).where(about(table, teacher_id, plan_ids)).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in METADATA.sorted_tables
        }
