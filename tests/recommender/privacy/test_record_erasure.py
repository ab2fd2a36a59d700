"""Records of a person go or lose her id, on SQLite and PostgreSQL alike; what others did stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from recommender.privacy.record_erasure import count_records, erase_records
from recommender.records.audit_lines import record_command
from recommender.records.database import database_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import AUDIT, FEEDBACK
from recommender.records.store_check import verify

OPERATOR = Author("root", "operator")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordStore]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        url = new()
    records = RecordStore(database_url(url, tmp_path)).open()
    feedback = FeedbackRecords(records)
    for teacher in ("T1", "T11", "T%"):
        author = Author(teacher, "teacher")
        feedback.record(author, "1", teacher, "K1", "dismiss", "as T1 said, no time")
        feedback.personalise(author, "2", teacher, False)
        record_command(records, teacher, "recommender audit", "teacher", teacher, "audit inspected")
    yield records
    records.close()


def test_hers_go_and_the_others_keep_all_but_her_id(store: RecordStore) -> None:
    present = count_records(store, "T1")
    assert present == {"feedback": 3, "personalisation": 1, "audit": 1, "idempotency_keys": 2}
    erased = erase_records(store, "T1", "erased-1", OPERATOR)
    assert erased == {"feedback": 3, "personalisation": 1, "audit": 1}  # her keys went with their rows
    assert count_records(store, "T1") == {} and verify(store) == []
    with store.reading() as connection:
        feedback = connection.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.id)).mappings().all()
        audit = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.id)).mappings().all()
    assert [(row["teacher_id"], row["reason"]) for row in feedback] == [
        ("T11", "as erased-1 said, no time"), ("T%", "as erased-1 said, no time"),
    ]  # fmt: skip
    assert [(row["actor"], row["unit_id"]) for row in audit] == [("erased-1", "erased-1"), ("T11", "T11"), ("T%", "T%")]
    assert FeedbackRecords(store).standing("T11").personalised is False


def test_marks_of_patterns_mean_themselves(store: RecordStore) -> None:
    assert count_records(store, "T%")["personalisation"] == 1
    erase_records(store, "T%", "erased-2", OPERATOR)
    assert set(FeedbackRecords(store).choices().unpersonalised) == {"T1", "T11"}
