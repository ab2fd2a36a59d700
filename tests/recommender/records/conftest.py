"""Every test of the records runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.records.database import database_url
from recommender.records.record_store import RecordStore


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[RecordStore]:
    records = RecordStore(database_url(store_url, tmp_path)).open()
    yield records
    records.close()
