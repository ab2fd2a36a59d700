"""Who read what about whom: lines of one process are committed together by one thread, in the order they came in.

A commit costs a flush to disk. Whoever appends gets a future and may go on meanwhile; the line is on disk when the
future is done. An answer about a person waits for it (`api/audit_barrier.py`).
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, fields
from datetime import datetime
from queue import SimpleQueue
from typing import Final

import sqlalchemy as sa

from recommender.records.driver_statement import DriverStatement
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
        self._queue: SimpleQueue[tuple[AuditLine, Future[None]] | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def append(self, line: AuditLine) -> Future[None]:
        """Done when the line is on disk; its exception is UnavailableError where it could not be written."""
        done: Future[None] = Future()
        with self._starting:  # a line never comes after the end of the queue
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="audit-trail", daemon=True)
                self._thread.start()
            self._queue.put((line, done))
        return done

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

    def _commit(self, batch: list[tuple[AuditLine, Future[None]]]) -> None:
        try:
            self._store.append(self._insert, [vars(line) for line, _ in batch])
        except Exception as error:  # whoever waits has to hear of it, whatever it is
            for _, done in batch:
                done.set_exception(error)
            return
        for _, done in batch:
            done.set_result(None)
