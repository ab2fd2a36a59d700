"""A statement in the driver's own words reads and writes what it does in SQLAlchemy's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError

from recommender.records.driver_statement import DriverStatement
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT

AT = datetime(2026, 7, 1, 8, 0, 0, 5, tzinfo=UTC)
ROW = {
    "at": AT, "actor": "a", "role": "school", "route": "/", "unit_kind": "teacher", "unit_id": "T 100%", "purpose": "？'",
    "granted": True,
}  # fmt: skip


def test_rows_are_written_as_sqlalchemy_writes_them(store: RecordStore) -> None:
    insert = DriverStatement(sa.insert(AUDIT), store.engine.dialect, *ROW)
    store.append(insert, [ROW])
    store.append(insert, [{**ROW, "granted": False}, ROW])
    with store.writing() as connection:
        connection.execute(sa.insert(AUDIT), [ROW])
    columns = sa.select(AUDIT.c.granted, *(AUDIT.c[name] for name in ROW if name != "granted")).order_by(AUDIT.c.id)
    with store.reading() as connection:
        rows = connection.execute(columns).all()
        stored = connection.exec_driver_sql("SELECT DISTINCT at FROM audit").all()
    assert [row.granted for row in rows] == [True, False, True, True]
    assert len({tuple(row)[1:] for row in rows}) == len(stored) == 1


def test_fixed_and_repeated_values_are_in_their_places(store: RecordStore) -> None:
    unit = sa.bindparam("unit", type_=AUDIT.c.unit_id.type)
    query = sa.union_all(
        sa.select(AUDIT.c.actor, sa.literal("first")).where(AUDIT.c.unit_id == unit, AUDIT.c.role != "x"),
        sa.select(AUDIT.c.role, sa.literal("second")).where(AUDIT.c.unit_id == unit),
    )
    statement = DriverStatement(query, store.engine.dialect, "unit")
    store.append(DriverStatement(sa.insert(AUDIT), store.engine.dialect, *ROW), [ROW])
    assert store.rows(statement, {"unit": "T 100%"}) == [("a", "first"), ("school", "second")]
    assert store.rows(statement, {"unit": "another"}) == []
    with pytest.raises(KeyError):
        DriverStatement(query, store.engine.dialect, "unit", "other")
    with pytest.raises(InvalidRequestError):
        DriverStatement(query, store.engine.dialect)
