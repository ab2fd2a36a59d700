"""Migrations go up and down with data in the tables, and end where the program's own tables are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from features.errors import ReadError, UsageError
from recommender.records.database import database_url
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import FEEDBACK, METADATA
from recommender.records.store_schema import current, head, migrate

TEACHER = Author("T1", "teacher")


def test_the_migrated_tables_are_those_of_the_program(store: RecordStore) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert current(connection) == head()


def test_up_and_down_keeps_what_both_revisions_know(store: RecordStore) -> None:
    records = FeedbackRecords(store)
    records.record(TEACHER, "k1", "T1", "K1", "intend")
    records.personalise(TEACHER, "k2", "T1", False)
    before = records.standing("T1")
    assert migrate(store.engine, "0001") == (head(), "0001")
    assert migrate(store.engine) == ("0001", head())
    assert records.standing("T1") == before
    assert records.record(TEACHER, "k1", "T1", "K1", "intend") == before.events[0]
    assert migrate(store.engine, "base") == (head(), None)
    with store.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    assert migrate(store.engine) == (None, head())
    assert records.standing("T1").events == ()


def test_a_migration_that_fails_changes_nothing(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    FeedbackRecords(store).record(TEACHER, "k1", "T1", "K1", "intend")
    monkeypatch.setattr("alembic.op.drop_table", lambda name: 1 / 0 if name == "feedback" else _drop(name))
    from alembic import op

    def _drop(name: str) -> None:
        op.execute(f"DROP TABLE {name}")

    with pytest.raises(ZeroDivisionError):
        migrate(store.engine, "base")
    assert store.revision() == head()
    with store.reading() as connection:
        assert set(METADATA.tables) <= set(sa.inspect(connection).get_table_names())
        assert connection.execute(sa.select(FEEDBACK.c.course_id)).scalars().all() == ["K1"]


def test_processes_that_start_together_make_the_tables_once(store_url: str, tmp_path: Path) -> None:
    stores = [RecordStore(database_url(store_url, tmp_path)) for _ in range(4)]
    start = threading.Barrier(len(stores))

    def opened(store: RecordStore) -> str | None:
        start.wait()
        return store.open().revision()

    with ThreadPoolExecutor(len(stores)) as pool:
        assert set(pool.map(opened, stores)) == {head()}
    for store in stores:
        store.close()


def test_a_newer_program_s_tables_are_left_alone(store: RecordStore) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ReadError, match="9999"):
        store.open()
    with pytest.raises(ReadError, match="9999"):
        migrate(store.engine)


def test_an_unknown_revision_is_refused(store: RecordStore) -> None:
    with pytest.raises(UsageError, match="0999"):
        migrate(store.engine, "0999")
