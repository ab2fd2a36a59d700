"""Lines about reads are on disk when their future is done, in order, and a failure is said to whoever waits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.driver_statement import BoundStatement, DriverStatement
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT
from recommender.records.store_schema import migrate

AT = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


def _line(n: int, unit: str = "T1") -> AuditLine:
    return AuditLine(AT, f"head-{n}", "school", "/v1/teachers/{teacher_id}/needs", "teacher", unit, "own needs", n % 2 == 0)


def test_lines_are_kept_in_order_and_by_unit(store: RecordStore) -> None:
    trail = AuditTrail(store)
    waiting = [trail.append(_line(n, "T1" if n % 3 else "T2")) for n in range(50)]
    for done in waiting:
        done.result(10)
    assert trail.of("teacher", "T1") == [_line(n) for n in range(49, -1, -1) if n % 3]
    assert trail.of("teacher", "T3") == []
    trail.close()
    trail.append(_line(1, "T9")).result(10)  # it starts again
    trail.close()
    assert trail.of("teacher", "T9") == [_line(1, "T9")]


def test_closing_writes_what_waits(store: RecordStore) -> None:
    trail = AuditTrail(store)
    waiting = [trail.append(_line(n)) for n in range(2_000)]
    trail.close()
    assert all(done.done() for done in waiting) and len(trail.of("teacher", "T1")) == 2_000


def test_a_line_that_cannot_be_written_is_an_error_of_whoever_waits(store: RecordStore) -> None:
    trail = AuditTrail(store)
    migrate(store.engine, "base")
    error = trail.append(_line(1)).exception(10)
    assert error is not None
    migrate(store.engine)
    trail.append(_line(2)).result(10)
    trail.close()
    assert trail.of("teacher", "T1") == [_line(2)]


def test_a_time_without_a_zone_is_refused(store: RecordStore) -> None:
    trail = AuditTrail(store)
    line = AuditLine(AT.replace(tzinfo=None), "a", "school", "/", "teacher", "T1", "p", True)
    with pytest.raises(Exception, match="zone"):
        trail.append(line).result(10)
    trail.close()


def _actors(store: RecordStore) -> BoundStatement:
    unit = sa.bindparam("unit", type_=AUDIT.c.unit_id.type)
    query = sa.select(AUDIT.c.actor).where(AUDIT.c.unit_id == unit).order_by(AUDIT.c.id)
    return DriverStatement(query, store.engine.dialect, "unit"), {"unit": "T1"}


def _answers(store: RecordStore, *statements: BoundStatement) -> list[Any]:
    """What becomes of lines that are handed over together, each with a statement."""
    trail = AuditTrail(store)

    async def together() -> list[Any]:
        waiting = [trail.append_and_read(_line(n), statement) for n, statement in enumerate(statements)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    try:
        return asyncio.run(together())
    finally:
        trail.close()


def test_what_is_read_is_of_the_same_transaction(store: RecordStore) -> None:
    answers = _answers(store, *[_actors(store)] * 40)
    for n, rows in enumerate(answers):
        assert {actor for (actor,) in rows} >= {f"head-{m}" for m in range(n + 1)}
    assert len(AuditTrail(store).of("teacher", "T1")) == 40


def test_where_something_cannot_be_read_whoever_waits_hears_of_it_and_has_no_line(store: RecordStore) -> None:
    wrong = DriverStatement(sa.select(sa.text("1 FROM nowhere")), store.engine.dialect), {}
    [answer] = _answers(store, wrong)
    assert isinstance(answer, Exception) and AuditTrail(store).of("teacher", "T1") == []
    assert _answers(store, _actors(store)) == [[("head-0",)]]


def test_who_no_longer_waits_stops_nobody(store: RecordStore) -> None:
    trail = AuditTrail(store)

    async def goes() -> None:
        trail.append_and_read(_line(2), _actors(store)).cancel()

    with store.writing():  # the thread waits for the lock meanwhile
        assert trail.append(_line(1)).cancel()
        asyncio.run(goes())  # and its loop is closed before the line is on disk
    trail.append(_line(3)).result(20)
    trail.close()
    assert [line.actor for line in trail.of("teacher", "T1")] == ["head-3", "head-2", "head-1"]


def test_what_one_person_read_is_looked_up_by_an_index(store: RecordStore) -> None:
    with store.reading() as connection:
        indices = {one["name"]: one["column_names"] for one in sa.inspect(connection).get_indexes("audit")}
    assert indices["ix_audit_actor_at"] == ["actor", "at"]
