"""The audit trail is read by person, plan and day; a command leaves a line of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recommender.records.audit_lines import audit_lines, record_command
from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.record_store import RecordStore

DAY = datetime(2026, 6, 30, 8, tzinfo=UTC)


def _write(store: RecordStore) -> None:
    trail = AuditTrail(store)
    for hours, actor, kind, unit in (
        (0, "head", "teacher", "T1"), (1, "head", "teacher", "T2"), (2, "planner", "plan", "P1"),
        (3, "planner", "plan", "P2"), (4, "T1", "plan", "P3"), (5, "planner", "district", "T1"),
    ):  # fmt: skip
        at = DAY + timedelta(hours=hours)
        trail.append(AuditLine(at, actor, "school", "/v1", kind, unit, "training proposal", granted=True)).result(10)
    trail.close()


def test_lines_of_a_person_are_reads_of_her_by_her_and_of_plans_with_her_name(store: RecordStore) -> None:
    _write(store)
    assert [line.unit_id for line in audit_lines(store)] == ["T1", "P3", "P2", "P1", "T2", "T1"]
    units = [(line.actor, line.unit_kind, line.unit_id) for line in audit_lines(store, "T1", {"P1"})]
    assert units == [("T1", "plan", "P3"), ("planner", "plan", "P1"), ("head", "teacher", "T1")]
    assert [line.unit_id for line in audit_lines(store, "T2")] == ["T2"]


def test_since_is_a_moment_and_included(store: RecordStore) -> None:
    _write(store)
    assert len(list(audit_lines(store, since=DAY + timedelta(hours=2)))) == 4
    assert len(list(audit_lines(store, "T1", since=DAY + timedelta(hours=1)))) == 1


def test_a_command_leaves_its_line(store: RecordStore) -> None:
    record_command(store, "root", "recommender audit", "teacher", "T1", "audit inspected")
    (line,) = audit_lines(store, "T1")
    assert (line.actor, line.role, line.route, line.granted) == ("root", "operator", "recommender audit", True)
