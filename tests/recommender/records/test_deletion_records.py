"""Records go for good by their terms: counted, recorded, out of the file, and the rest still whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from recommender.records.audit_lines import record_command
from recommender.records.database import database_url
from recommender.records.deletion_records import compact, count_older, delete_older, newest_limit
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import AUDIT, DELETIONS, FEEDBACK, IDEMPOTENCY_KEYS, METADATA
from recommender.records.store_check import verify
from recommender.sign_in.sign_in_links import link_code, use_link

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
OPERATOR = Author("root", "operator")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dated(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[RecordStore]:
    """Four choices, a month apart, each with an audit line."""
    store = RecordStore(database_url(store_url, tmp_path), clock).open()
    records = FeedbackRecords(store)
    for month in range(4):
        clock.time = START + timedelta(days=30 * month)
        records.record(Author("T1", "teacher"), f"key {month}", "T1", f"K{month}", "dismiss", f"a reason of month {month}")
        record_command(store, "root", "recommender audit", "teacher", "T1", "audit inspected")
    yield store
    store.close()


def test_older_rows_go_and_a_line_says_how_many(dated: RecordStore, clock: Clock) -> None:
    limit = START + timedelta(days=60)
    with dated.reading() as connection:
        assert [count_older(connection, table, limit) for table in (FEEDBACK, AUDIT)] == [2, 2]
    assert delete_older(dated, OPERATOR, {"audit": limit}, METADATA.tables) == {"audit": 2}
    with dated.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar() == 2
        (line,) = connection.execute(sa.select(DELETIONS)).mappings()
        assert newest_limit(connection, "audit") == limit and newest_limit(connection, "feedback") is None
    assert (line["place"], line["rows"], line["reason"], line["before"]) == ("audit", 2, "retention", limit)
    assert (line["actor"], line["role"], line["at"]) == ("root", "operator", clock.time)
    assert delete_older(dated, OPERATOR, {"audit": limit}, METADATA.tables) == {"audit": 0}
    with dated.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(DELETIONS)).scalar() == 1


def test_rows_whose_acknowledgement_went_by_its_term_are_whole(dated: RecordStore) -> None:
    assert verify(dated) == []
    limit = START + timedelta(days=60)
    with dated.writing() as connection:
        connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.key == "key 3"))
    assert [fault.code for fault in verify(dated)] == ["records.unacknowledged"]  # type: ignore[union-attr]
    delete_older(dated, OPERATOR, {"idempotency_keys": limit}, METADATA.tables)
    (fault,) = verify(dated)
    assert fault.values == {"n": 1}  # type: ignore[union-attr]  # that of month 3, which no term took
    delete_older(dated, OPERATOR, {"feedback": limit}, METADATA.tables)
    assert len(verify(dated)) == 1


def test_a_link_that_was_used_is_no_lost_write(dated: RecordStore) -> None:
    key = b"signs the links of these tests, and nothing else at all"
    assert use_link(key, link_code(key, "teacher", "T1"), dated) is not None
    assert verify(dated) == []


def test_no_page_of_the_file_holds_what_was_deleted(dated: RecordStore) -> None:
    limit = START + timedelta(days=60)
    delete_older(dated, OPERATOR, {"idempotency_keys": limit, "feedback": limit}, METADATA.tables)
    compact(dated)
    assert verify(dated) == []
    with dated.reading() as connection:
        assert len(connection.execute(sa.select(FEEDBACK.c.id)).all()) == 2
    if dated.path is None:
        return
    data = b"".join(path.read_bytes() for path in dated.path.parent.glob("store.db*"))
    assert b"a reason of month 1" not in data and b"a reason of month 3" in data
