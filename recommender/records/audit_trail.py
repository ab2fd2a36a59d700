"""Who read what about whom: lines of one process are committed together by one thread, in the order they came in.

A commit costs a flush to disk. Whoever appends gets a future and may go on meanwhile; the line is on disk when the
future is done. An answer about a person waits for it (`api/audit_barrier.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from queue import SimpleQueue
from typing import Any, Final

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
        self._queue: SimpleQueue[_Line | _Read | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def append(self, line: AuditLine) -> Future[None]:
        """Done when the line is on disk; its exception is UnavailableError where it could not be written."""
        done: Future[None] = Future()
        self._put(_Line(line, done))
        return done

    def read(self, statement: BoundStatement) -> Future[Sequence[Any]]:
        """Its rows, once lines that were handed over before are on disk: an answer that waits for its line anyway has them for
        a tenth of what a transaction of their own costs. The exception is UnavailableError where they could not be read."""
        done: Future[Sequence[Any]] = Future()
        self._put(_Read(statement, done))
        return done

    def _put(self, work: _Line | _Read) -> None:
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
            lines = [work for work in batch if isinstance(work, _Line)]
            reads = [work for work in batch if isinstance(work, _Read)]
            if not (reads and self._commit(lines, reads)):
                if lines:
                    self._commit(lines, [])  # what cannot be read must not keep a line from the disk
                for read in reads:
                    self._commit([], [read])
            if last:
                return

    def _commit(self, lines: list[_Line], reads: list[_Read]) -> bool:
        """One transaction. A failure is said to whoever waits; where several were at work: False, and each is tried by itself."""
        try:
            rows = self._store.append(self._insert, [vars(work.line) for work in lines], [work.statement for work in reads])
        except Exception as error:  # whoever waits has to hear of it, whatever it is
            if reads and len(lines) + len(reads) > 1:
                return False
            waiting: list[Future[Any]] = [work.done for work in lines] or [work.done for work in reads]
            for done in waiting:
                with suppress(InvalidStateError):  # nobody waits any more
                    done.set_exception(error)
            return True
        for line in lines:
            with suppress(InvalidStateError):
                line.done.set_result(None)
        for read, its_rows in zip(reads, rows, strict=True):
            with suppress(InvalidStateError):
                read.done.set_result(its_rows)
        return True


@dataclass(frozen=True)
class _Line:
    line: AuditLine
    done: Future[None]


@dataclass(frozen=True)
class _Read:
    statement: BoundStatement
    done: Future[Sequence[Any]]
