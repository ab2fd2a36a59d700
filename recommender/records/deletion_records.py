"""Deleting records for good, and the record of it: how many rows of which table went, when and by whom, never about whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa

from features.errors import UnavailableError
from recommender.records.database import unavailable_errors
from recommender.records.record_store import Author, RecordStore
from recommender.records.record_tables import DELETIONS

Reason = Literal["retention", "erasure"]
DATED_BY: Final = "at"


def record_deletion(
    connection: sa.Connection, author: Author, at: datetime, reason: Reason, place: str, rows: int,
    before: datetime | None = None,
) -> None:  # fmt: skip
    """One line, in the transaction that deletes; nothing where nothing was deleted."""
    if rows:
        line = {"at": at, "actor": author.subject, "role": author.role, "reason": reason, "place": place,
                "before": before, "rows": rows}  # fmt: skip
        connection.execute(sa.insert(DELETIONS).values(line))


def newest_limit(connection: sa.Connection, place: str) -> datetime | None:
    """Up to when rows of a table have been deleted by its term; None for never."""
    query = sa.select(DELETIONS.c.before).where(DELETIONS.c.place == place, DELETIONS.c.before.is_not(None))
    limit: datetime | None = connection.execute(query.order_by(DELETIONS.c.before.desc()).limit(1)).scalar()
    return limit


def count_older(connection: sa.Connection, table: sa.Table, before: datetime) -> int:
    """How many rows of a table are older."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c[DATED_BY] < before)
    return int(connection.execute(query).scalar_one())


def delete_older(
    store: RecordStore, author: Author, limits: Mapping[str, datetime], tables: Mapping[str, sa.Table]
) -> dict[str, int]:
    """Deletes the rows of each table that are older than its limit, with a line for each table; the number of rows.

    All in one transaction. Raises UnavailableError.
    """
    deleted = {}
    with store.writing() as connection:
        at = store.now()
        for name, before in limits.items():
            result = connection.execute(sa.delete(tables[name]).where(tables[name].c[DATED_BY] < before))
            deleted[name] = int(result.rowcount)
            record_deletion(connection, author, at, "retention", name, deleted[name], before)
    return deleted


def compact(store: RecordStore) -> None:
    """Writes the database anew, so that no page of it still holds what was deleted: `VACUUM`, and an empty WAL.

    On PostgreSQL `VACUUM FULL` of every table; archived WAL files and backups are the server's. Raises UnavailableError where
    that cannot be, as while a transaction of another process is open: what was deleted is then in free pages until next time.
    """
    try:
        with unavailable_errors():
            _compact(store)
    except UnavailableError as error:
        raise UnavailableError("privacy.not_compacted") from error


def _compact(store: RecordStore) -> None:
    with store.engine.connect() as connection:
        if store.path is None:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            for name in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f'VACUUM (FULL) "{name}"')
            return
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("VACUUM")
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise UnavailableError("records.busy")
