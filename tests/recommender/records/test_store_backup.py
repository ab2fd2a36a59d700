"""Backup, restore and verify: between both databases, under writes, and of damaged files."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import ReadError
from recommender.records.database import database_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import FEEDBACK, IDEMPOTENCY_KEYS
from recommender.records.store_backup import backup, restore, row_counts
from recommender.records.store_check import verify
from recommender.records.store_schema import migrate

TEACHER = Author("T1", "teacher")


def test_a_backup_is_restored_and_writing_goes_on(store: RecordStore, tmp_path: Path) -> None:
    records = FeedbackRecords(store)
    first = records.record(TEACHER, "1", "T1", "K1", "intend")
    records.personalise(TEACHER, "2", "T1", False)
    counts = backup(store, tmp_path / "backup.db")
    assert counts == row_counts(store.engine) and counts["feedback"] == 1 and counts["idempotency_keys"] == 2
    assert (tmp_path / "backup.db").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("backup.db-*"))
    records.record(TEACHER, "3", "T1", "K2", "intend")
    assert restore(store, tmp_path / "backup.db") == counts
    assert records.standing("T1").events == (first,)
    assert verify(store) == []
    assert records.record(TEACHER, "4", "T1", "K3", "intend").event_id > first.event_id


def test_a_backup_goes_from_either_database_into_the_other(
    store: RecordStore, tmp_path: Path, new_postgres_database: Callable[[], str]
) -> None:
    records = FeedbackRecords(store)
    for n in range(20):
        records.record(TEACHER, str(n), "T1", f"K{n}", "intend", "因为")
    backup(store, tmp_path / "backup.db")
    other_url = new_postgres_database() if store.path else f"sqlite:///{tmp_path / 'other.db'}"
    other = RecordStore(database_url(other_url, tmp_path)).open()
    restore(other, tmp_path / "backup.db")
    copied = FeedbackRecords(other)
    assert copied.standing("T1") == records.standing("T1")
    assert copied.record(TEACHER, "3", "T1", "K3", "intend", "因为") in records.standing("T1").events  # keys came along
    assert copied.record(TEACHER, "new", "T1", "K99", "intend").event_id == 21
    other.close()


def test_a_backup_under_writes_is_a_committed_prefix(store: RecordStore, tmp_path: Path) -> None:
    records, stop = FeedbackRecords(store), threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            records.record(TEACHER, str(n), "T1", f"K{n}", "intend")
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            backup(store, tmp_path / f"{n}.db")
    finally:
        stop.set()
        writer.join()
    lengths = []
    for n in range(5):
        with sqlite3.connect(tmp_path / f"{n}.db") as copy:
            rows = [row[0] for row in copy.execute("SELECT idempotency_key FROM feedback ORDER BY id")]
            keys = {row[0] for row in copy.execute("SELECT key FROM idempotency_keys")}
        copy.close()
        assert rows == [str(i) for i in range(len(rows))] and keys == set(rows)
        lengths.append(len(rows))
    assert lengths == sorted(lengths) and lengths[-1] > lengths[0]


def test_what_is_no_backup_changes_nothing(store: RecordStore, tmp_path: Path) -> None:
    FeedbackRecords(store).record(TEACHER, "1", "T1", "K1", "intend")
    backup(store, tmp_path / "good.db")
    content = (tmp_path / "good.db").read_bytes()
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "short.db").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.db").write_text("no database at all, just a text that is long enough" * 5)
    for name in ("empty.db", "short.db", "text.db", "missing.db"):
        with pytest.raises(ReadError, match=name):
            restore(store, tmp_path / name)
    assert row_counts(store.engine)["feedback"] == 1 and verify(store) == []


def test_a_backup_of_an_earlier_revision_is_brought_up_to_date(store: RecordStore, tmp_path: Path) -> None:
    FeedbackRecords(store).record(TEACHER, "1", "T1", "K1", "intend")
    backup(store, tmp_path / "old.db")
    old = RecordStore(database_url(f"sqlite:///{tmp_path / 'old.db'}", tmp_path))
    migrate(old.engine, "0001")
    old.close()
    restore(store, tmp_path / "old.db")
    assert row_counts(store.engine)["feedback"] == 1 and verify(store) == []


def test_verify_counts_what_is_lost_and_what_nobody_acknowledged(store: RecordStore) -> None:
    records = FeedbackRecords(store)
    for n in range(3):
        records.record(TEACHER, str(n), "T1", f"K{n}", "intend")
    with store.writing() as connection:
        connection.execute(sa.delete(FEEDBACK).where(FEEDBACK.c.course_id == "K0"))
        connection.execute(sa.delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.key.in_(["1", "2"])))
    assert [str(fault).split()[0] for fault in verify(store)] == ["1", "2"]


def test_verify_names_open_files_and_earlier_tables(tmp_path: Path) -> None:
    store = RecordStore(database_url(None, tmp_path / "w"))
    assert len(verify(store)) == 1
    store.open()
    assert verify(store) == []
    (tmp_path / "w" / "store.db").chmod(0o644)
    assert any("chmod 600" in str(fault) for fault in verify(store))
    (tmp_path / "w" / "store.db").chmod(0o600)
    migrate(store.engine, "base")
    assert any("migrate" in str(fault) for fault in verify(store))
    store.close()
