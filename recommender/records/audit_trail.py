"""Who read what about whom: lines of one process are committed together by one thread, in the order they came in.

A commit costs a flush to disk. Whoever appends gets a future and may go on meanwhile; the line is on disk when the
future is done. An answer about a person waits for it (`api/audit_barrier.py`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from recommender.records.driver_statement import BoundStatement, DriverStatement
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT

MOST: Final = 1000  # lines of one commit


@dataclass(frozen=True)
class AuditLine:
    """One read, granted or refused: of the unit that the address names, for a purpose."""

    at: datetime
    actor: str
    role: str
    route: str
    unit_kind: str
    unit_id: str
    purpose: str
    granted: bool


class AuditTrail:
    """Appends lines to the records of a workspace."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        columns = [field.name for field in fields(AuditLine)]
        self._insert = DriverStatement(sa.insert(AUDIT), store.engine.dialect, *columns)
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def append(self, line: AuditLine) -> Future[None]:
        """Done when the line is on disk; its exception is UnavailableError where it could not be written."""
        done: Future[None] = Future()
        self._put(_Work(line, None, done))
        return done

    def append_and_read(self, line: AuditLine, statement: BoundStatement) -> asyncio.Future[Sequence[Any]]:
        """The rows of a statement, when the line is on disk; its exception is UnavailableError where one of both failed.

        On an event loop: all that one transaction was for come back to it in one call. An answer that waits for its line
        anyway has the rows for a tenth of what a transaction of their own costs.
        """
        done: asyncio.Future[Sequence[Any]] = asyncio.get_running_loop().create_future()
        self._put(_Work(line, statement, done))
        return done

    def _put(self, work: _Work) -> None:
        with self._starting:  # nothing comes after the end of the queue
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="audit-trail", daemon=True)
                self._thread.start()
            self._queue.put(work)

    def close(self) -> None:
        """Writes what waits."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def of(self, unit_kind: str, unit_id: str) -> list[AuditLine]:
        """The lines about one unit, newest first."""
        query = (
            sa.select(AUDIT)
            .where(AUDIT.c.unit_kind == unit_kind, AUDIT.c.unit_id == unit_id)
            .order_by(AUDIT.c.id.desc())
        )
        with self._store.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [AuditLine(**{name: row[name] for name in AuditLine.__dataclass_fields__}) for row in rows]

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < MOST and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    last = True
                    break
                batch.append(following)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: list[_Work]) -> None:
        """In one transaction, or none of it."""
        reads = [work.statement for work in batch if work.statement is not None]
        try:
            rows = iter(self._store.append(self._insert, [vars(work.line) for work in batch], reads))
        except Exception as error:  # whoever waits has to hear of it, whatever it is
            _settle([(work.done, None, error) for work in batch])
            return
        _settle([(work.done, None if work.statement is None else next(rows), None) for work in batch])


class _Work(NamedTuple):
    line: AuditLine
    statement: BoundStatement | None
    done: Future[None] | asyncio.Future[Sequence[Any]]


_Result = tuple[Any, Any, Exception | None]  # future, result, exception


def _settle(results: list[_Result]) -> None:
    """Says to all who wait how it went; those of a loop hear it in one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Result]] = {}
    for done, rows, error in results:
        if isinstance(done, asyncio.Future):
            by_loop.setdefault(done.get_loop(), []).append((done, rows, error))
        else:
            with suppress(InvalidStateError):  # nobody waits any more
                _set(done, rows, error)
    for loop, its_results in by_loop.items():
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(_settle_in_loop, its_results)


def _settle_in_loop(results: list[_Result]) -> None:
    for done, rows, error in results:
        if not done.done():
            _set(done, rows, error)


def _set(done: Any, rows: Any, error: Exception | None) -> None:
    if error is None:
        done.set_result(rows)
    else:
        done.set_exception(error)
