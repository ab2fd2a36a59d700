"""Lines about reads are on disk when their future is done, in order, and a failure is said to whoever waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.record_store import RecordStore
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
