"""A write is on disk when it returns, and stands there once however often it is sent."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from features.errors import UnavailableError, UsageError
from recommender.records.database import database_url
from recommender.records.record_store import Author, KeyReuseError, RecordEntry, RecordStore
from recommender.records.record_tables import FEEDBACK, IDEMPOTENCY_KEYS

TEACHER = Author("T1", "teacher")


def _write(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
    row = {"teacher_id": "T1", "course_id": "K1", "action": "intend"} | entry.columns()
    connection.execute(sa.insert(FEEDBACK).values(row))
    return {"at": entry.at.isoformat()}


def _rows(store: RecordStore) -> int:
    with store.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(FEEDBACK)).scalar_one())


def test_the_same_key_and_request_are_written_once_and_answered_alike(store: RecordStore) -> None:
    first = store.once(TEACHER, "key-1", {"a": 1}, _write, "因为")
    assert store.once(TEACHER, "key-1", {"a": 1}, _write) == first
    assert _rows(store) == 1
    assert store.once(Author("T2", "teacher"), "key-1", {"a": 1}, _write) != first  # keys are each person's own
    with store.reading() as connection:
        row = connection.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.id)).first()
    assert row is not None
    assert (row.actor, row.role, row.reason, row.idempotency_key) == ("T1", "teacher", "因为", "key-1")
    assert row.at.tzinfo is not None and row.at.isoformat() == first["at"]


def test_the_same_key_with_another_request_is_refused_and_writes_nothing(store: RecordStore) -> None:
    store.once(TEACHER, "key-1", {"a": 1}, _write)
    with pytest.raises(KeyReuseError):
        store.once(TEACHER, "key-1", {"a": 2}, _write)
    assert _rows(store) == 1


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_has_a_length(store: RecordStore, key: str) -> None:
    with pytest.raises(UsageError):
        store.once(TEACHER, key, {}, _write)


def test_a_write_that_fails_leaves_neither_row_nor_key(store: RecordStore) -> None:
    def fail(connection: sa.Connection, entry: RecordEntry) -> dict[str, Any]:
        _write(connection, entry)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        store.once(TEACHER, "key-1", {}, fail)
    assert _rows(store) == 0
    store.once(TEACHER, "key-1", {}, _write)
    assert _rows(store) == 1


def test_a_key_sent_from_many_connections_at_once_is_one_row(store: RecordStore, store_url: str, tmp_path: Path) -> None:
    others = [RecordStore(database_url(store_url, tmp_path)) for _ in range(4)]
    start = threading.Barrier(len(others))

    def send(other: RecordStore) -> list[dict[str, Any]]:
        start.wait()
        return [other.once(TEACHER, f"key-{i % 5}", {"i": i % 5}, _write) for i in range(25)]

    with ThreadPoolExecutor(len(others)) as pool:
        answers = list(pool.map(send, others))
    for other in others:
        other.close()
    assert _rows(store) == 5
    assert all(one == answers[0] for one in answers)


def test_a_commit_is_flushed_to_disk(store: RecordStore) -> None:
    with store.reading() as connection:
        if store.path is not None:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        else:
            assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_reader_sees_one_state_while_others_write(store: RecordStore) -> None:
    with store.reading() as connection:
        query = sa.select(sa.func.count()).select_from(IDEMPOTENCY_KEYS)
        assert connection.execute(query).scalar_one() == 0
        store.once(TEACHER, "key-1", {}, _write)
        if store.path is not None:
            assert connection.execute(query).scalar_one() == 0
    assert _rows(store) == 1


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    store = RecordStore(database_url(None, tmp_path / "new")).open()
    store.once(TEACHER, "key-1", {}, _write)
    files = sorted((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["store.db", "store.db-shm", "store.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    store.close()


def test_what_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"no database, but longer than its header is: " * 10)
    store = RecordStore(database_url(None, tmp_path))
    with pytest.raises(UnavailableError, match="damaged"):
        store.open()
    assert (tmp_path / "store.db").read_bytes().startswith(b"no database")


def test_a_write_waits_for_another_and_gives_up_with_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.records.database.PRAGMAS", ("PRAGMA busy_timeout = 50",))
    store = RecordStore(database_url(None, tmp_path)).open()
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="busy"):
        store.once(TEACHER, "key-1", {}, _write)
    other.execute("ROLLBACK")
    other.close()
    store.once(TEACHER, "key-1", {}, _write)
    assert _rows(store) == 1
    store.close()


@pytest.mark.parametrize("url", ["mysql://a/b", "sqlite://", "no url", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="postgresql"):
        database_url(url, tmp_path)
