"""Backups of the records, always one SQLite file, whatever database they come from or go to.

A backup is one state of the database, the one at which it began: SQLite's backup interface copies in one read
transaction, and a server's tables are read in one REPEATABLE READ transaction. Restoring replaces the content of all
tables in one transaction, so that servers that run go on with the restored records.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import sqlalchemy as sa

from features.errors import ReadError, UnavailableError
from models.bundles.durable import PRIVATE_FILE
from recommender.records.database import connect, sqlite_url, transaction, unavailable_errors
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import METADATA
from recommender.records.store_schema import current, head, migrate
from recommender.workspace.atomic import replacing

ROWS: Final = 5_000  # copied at once


def backup(store: RecordStore, out: Path) -> dict[str, int]:
    """Writes one state of the records to `out`, for its owner alone; returns the number of rows by table.

    Raises UnavailableError, ReadError where the copy is not intact.
    """
    with replacing(out) as temporary:
        if store.path is None:
            _export(store, temporary)
        else:
            try:
                with closing(sqlite3.connect(store.path)) as source, closing(sqlite3.connect(temporary)) as copy:
                    source.backup(copy)
            except sqlite3.Error as error:
                raise UnavailableError("records.unavailable") from error
        _as_one_file(temporary)
        with _opened(temporary) as engine:
            return row_counts(engine)


def restore(store: RecordStore, source: Path) -> dict[str, int]:
    """Replaces all records by those of a backup; returns the number of rows by table.

    A backup of an earlier version of the program is brought up to date in a copy. Raises ReadError for a file that is no
    intact backup or of a newer program, UnavailableError.
    """
    store.open()
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "backup.db"
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise ReadError("records.no_backup", path=source) from error
        copy.chmod(PRIVATE_FILE)
        with _opened(copy, source) as engine:
            migrate(engine)
            with transaction(engine, writes=False) as reading, store.writing() as writing:
                for table in reversed(METADATA.sorted_tables):
                    writing.execute(sa.delete(table))
                for table in METADATA.sorted_tables:
                    for rows in _rows(reading, table):
                        writing.execute(sa.insert(table), rows)
                    _continue_numbers(writing, table)
                return {table.name: _count(writing, table) for table in METADATA.sorted_tables}


def row_counts(engine: sa.Engine) -> dict[str, int]:
    """Rows by table, of one state."""
    with transaction(engine, writes=False) as connection:
        present = set(sa.inspect(connection).get_table_names())
        return {table.name: _count(connection, table) for table in METADATA.sorted_tables if table.name in present}


def _export(store: RecordStore, out: Path) -> None:
    target = connect(sqlite_url(out))
    try:
        migrate(target)
        with (
            unavailable_errors(),
            store.engine.connect().execution_options(isolation_level="REPEATABLE READ") as reading,
            reading.begin(),
            transaction(target, writes=True) as writing,
        ):
            if current(reading) != head():
                raise ReadError("records.older", revision=current(reading) or "0", head=head())
            for table in METADATA.sorted_tables:
                for rows in _rows(reading, table):
                    writing.execute(sa.insert(table), rows)
    finally:
        target.dispose()


def _as_one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _opened(path: Path, source: Path | None = None) -> Iterator[sa.Engine]:
    """A backup, copied from `source`. Raises ReadError where it is not an intact one."""
    engine = connect(sqlite_url(path))
    try:
        try:
            with transaction(engine, writes=False) as connection:
                state = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
                revision = current(connection)
        except UnavailableError as error:
            raise ReadError("records.no_backup", path=source or path) from error
        if state != "ok" or revision is None:
            raise ReadError("records.no_backup", path=source or path)
        yield engine
    finally:
        engine.dispose()


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, object]]]:
    order = list(table.primary_key.columns)
    result = connection.execution_options(yield_per=ROWS).execute(sa.select(table).order_by(*order)).mappings()
    for part in result.partitions(ROWS):
        yield [dict(row) for row in part]


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _continue_numbers(connection: sa.Connection, table: sa.Table) -> None:
    """A server counts on from its own counter, not from the rows: set it behind them."""
    if connection.dialect.name != "postgresql" or "id" not in table.c:
        return
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), last, False)))
