"""Transactions of the records at the driver."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.database import sqlite_url
from recommender.records.record_store import RecordStore
from recommender.records.store_schema import migrate


def test_an_error_that_is_kept_holds_no_transaction_open(tmp_path: Path) -> None:
    """Whoever waits for an audit line keeps its error; the next writer must not wait for that."""
    store = RecordStore(sqlite_url(tmp_path / "store.db")).open()
    trail = AuditTrail(store)
    line = AuditLine(store.now(), "T1", "teacher", "/", "teacher", "T1", "own needs", True)
    trail.append(line).result()
    migrate(store.engine, "base")
    error = trail.append(line).exception()
    assert error is not None
    other = sqlite3.connect(tmp_path / "store.db", timeout=0.0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.close()
    trail.close()
    store.close()
