"""Self-assessments: saved once however often they are sent, once a cycle, and deleted for good."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from features.errors import UsageError
from recommender.records.record_store import Author, KeyReuseError, RecordStore
from recommender.records.record_tables import DELETIONS, IDEMPOTENCY_KEYS
from recommender.records.self_assessment_records import SelfAnswer, SelfAssessmentRecords, school_year
from recommender.records.self_assessment_tables import SELF_ASSESSMENTS
from recommender.records.store_check import verify

TEACHER = Author("T1", "teacher")
GOOD, FAIR = (SelfAnswer("SELF-A", score, 1.0, 5.0) for score in (4.0, 3.0))


@pytest.fixture
def records(store: RecordStore) -> SelfAssessmentRecords:
    return SelfAssessmentRecords(store)


def count(store: RecordStore, table: sa.Table) -> int:
    with store.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_write_that_is_sent_again_is_stored_once(store: RecordStore, records: SelfAssessmentRecords) -> None:
    first = records.save(TEACHER, "k1", "T1", "submitted", [GOOD])
    assert records.save(TEACHER, "k1", "T1", "submitted", [GOOD]) == first
    assert count(store, SELF_ASSESSMENTS) == 1
    with pytest.raises(KeyReuseError):
        records.save(TEACHER, "k1", "T1", "submitted", [FAIR])


def test_the_newest_draft_replaces_the_one_before_and_an_earlier_one_never_comes_back(
    store: RecordStore, records: SelfAssessmentRecords
) -> None:
    records.save(TEACHER, "k1", "T1", "draft", [FAIR])
    second = records.save(TEACHER, "k2", "T1", "draft", [GOOD])
    assert records.save(TEACHER, "k1", "T1", "draft", [FAIR]) is None  # the network sent the first once more
    standing = records.standing("T1")
    assert (standing.draft, standing.submitted) == (second, ())
    submitted = records.save(TEACHER, "k3", "T1", "submitted", [GOOD])
    assert records.standing("T1").draft is None and records.standing("T1").submitted == (submitted,)
    assert records.counting() == (submitted,)
    assert verify(store) == []


def test_once_a_cycle_the_newest_counts(store: RecordStore) -> None:
    clock = [datetime(2026, 5, 4, tzinfo=UTC)]
    store._now = lambda: clock[0]
    records = SelfAssessmentRecords(store)
    last_year = records.save(TEACHER, "k1", "T1", "submitted", [FAIR])
    clock[0] = datetime(2026, 10, 8, tzinfo=UTC)
    records.save(TEACHER, "k2", "T1", "submitted", [FAIR])
    newest = records.save(TEACHER, "k3", "T1", "submitted", [GOOD])
    other = records.save(Author("T2", "teacher"), "k3", "T2", "submitted", [GOOD])
    assert records.standing("T1").submitted == (newest, last_year)
    assert records.counting() == (other, newest, last_year)
    assert [school_year(day) for day in (date(2026, 8, 31), date(2026, 9, 1))] == [2025, 2026]


def test_deleted_is_deleted_and_a_late_copy_of_the_write_does_not_bring_it_back(
    store: RecordStore, records: SelfAssessmentRecords
) -> None:
    records.save(TEACHER, "k1", "T1", "submitted", [GOOD])
    assert records.delete(TEACHER, "k2", "T1") == 1
    assert records.save(TEACHER, "k1", "T1", "submitted", [GOOD]) is None
    assert count(store, SELF_ASSESSMENTS) == 0
    with store.reading() as connection:
        assert connection.execute(sa.select(DELETIONS.c.place, DELETIONS.c.rows)).all() == [("self_assessments", 1)]
        assert set(connection.execute(sa.select(IDEMPOTENCY_KEYS.c.answer)).scalars()) == {"{}"}
    assert verify(store) == []


def test_overlong_lists_are_refused(records: SelfAssessmentRecords) -> None:
    with pytest.raises(UsageError):
        records.save(TEACHER, "k1", "T1", "draft", [SelfAnswer(str(i), 1.0, 1.0, 5.0) for i in range(201)])
