"""The database of the records: SQLite in the workspace, or PostgreSQL; one transaction a write, on disk when it ends.

SQLite writes with `synchronous = FULL` in WAL mode: a commit has been flushed to disk when it returns. A transaction
that writes takes SQLite's only write lock at its start and waits for it up to WAIT seconds, so that it is never
refused in the middle. PostgreSQL flushes at commit by default (`synchronous_commit`).
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from features.errors import UnavailableError, UsageError
from models.bundles.durable import PRIVATE_FILE, create_private_file, flush_folder, make_private_folder

FILE: Final = "store.db"
WAIT: Final = 10.0  # seconds
WRITES: Final = "writes"  # execution option of a transaction that writes
PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {int(WAIT * 1000)}", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
)  # fmt: skip


def database_url(url: str | None, root: Path) -> sa.URL:
    """The URL of the settings, else of the file in the workspace. Raises UsageError for another kind of database."""
    if url is None:
        return sqlite_url(root / FILE)
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UsageError("records.bad_url") from error
    kind = parsed.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    raise UsageError("records.bad_url")


def sqlite_url(path: Path) -> sa.URL:
    """The URL of a file."""
    return sa.URL.create("sqlite", database=str(path))


def connect(url: sa.URL) -> sa.Engine:
    """An engine whose transactions begin as described above. Raises UsageError where the driver is not installed."""
    if url.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(url, pool_pre_ping=True, pool_timeout=WAIT, connect_args={"connect_timeout": int(WAIT)})
        except ModuleNotFoundError as error:
            raise UsageError("records.no_driver") from error
    engine = sa.create_engine(url, pool_timeout=WAIT, connect_args={"timeout": WAIT})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin and end where this file says so
        for pragma in PRAGMAS:
            connection.execute(pragma)
        _use_wal(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """A new file is put into WAL mode once. For that SQLite does not wait while another process does the same."""
    until = time.monotonic() + WAIT
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def create_file(path: Path) -> None:
    """The empty file of a SQLite database, for its owner alone; SQLite gives its other files the same mode."""
    if path.exists():
        path.chmod(PRIVATE_FILE)
        return
    make_private_folder(path.parent)
    try:
        create_private_file(path)
    except FileExistsError:  # another process was quicker
        return
    flush_folder(path.parent)


@contextmanager
def transaction(engine: sa.Engine, writes: bool) -> Iterator[sa.Connection]:
    """A transaction: committed and on disk at its end, undone on any error.

    Raises UnavailableError where the database cannot be reached, is busy, full, read-only or damaged.
    """
    with unavailable_errors(), engine.connect().execution_options(**{WRITES: writes}) as connection:
        try:
            with connection.begin():
                yield connection
        except (OperationalError, InterfaceError):
            connection.invalidate()  # whatever state it is in
            raise


@contextmanager
def driver_cursor(engine: sa.Engine, writes: bool) -> Iterator[DBAPICursor]:
    """A cursor of the driver, for statements of every request (`DriverStatement`): SQLAlchemy's own connection costs 60 us of
    processor a transaction beside it.

    writes: a transaction, committed and on disk at its end; else for one statement that reads. Raises UnavailableError.
    """
    driver_error = engine.dialect.loaded_dbapi.Error
    with unavailable_errors():
        connection = None
        try:
            connection = engine.raw_connection()
            cursor = connection.cursor()
            if writes and engine.dialect.name == "sqlite":  # the other driver begins by itself
                cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            if writes:
                connection.commit()
        except driver_error as error:
            if connection is not None:
                # SQLite closes a connection only when its cursors are gone, and this error may outlive them: a transaction
                # that stayed open would keep every other writer out
                with suppress(driver_error):
                    connection.rollback()
                connection.invalidate()  # whatever state it is in
            raise DBAPIError.instance(None, None, error, driver_error, dialect=engine.dialect) from error
        finally:
            if connection is not None:
                connection.close()  # undoes what was not committed


@contextmanager
def unavailable_errors() -> Iterator[None]:
    """Turns failures of the database itself into UnavailableError; mistakes in a statement stay what they are."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise UnavailableError(_code(error)) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
            raise UnavailableError("records.damaged") from error  # "file is not a database"
        raise
    except OSError as error:
        code = "records.full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "records.unavailable"
        raise UnavailableError(code) from error


def _code(error: Exception) -> str:
    """The message for the cause, from SQLite's result code or PostgreSQL's SQLSTATE."""
    original = getattr(error, "orig", None)
    name, state = getattr(original, "sqlite_errorname", "") or "", getattr(original, "sqlstate", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state in ("40001", "40P01", "55P03"):
        return "records.busy"
    if name.startswith("SQLITE_FULL") or state == "53100":
        return "records.full"
    if name.startswith("SQLITE_READONLY") or state == "25006":
        return "records.read_only"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "records.damaged"
    return "records.unavailable"


def is_private(path: Path) -> bool:
    """Whether nobody but the owner may read or write a file; always so where the system has no such modes."""
    return os.name == "nt" or path.stat().st_mode & 0o077 == 0
