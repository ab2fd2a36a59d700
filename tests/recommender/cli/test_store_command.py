"""`recommender store`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.cli import main
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.records.store_schema import head
from recommender.settings import Settings


def test_from_nothing_to_a_restored_backup(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOMMENDER_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.delenv("RECOMMENDER_DATABASE_URL", raising=False)
    assert main.run(["store", "verify"]) == 1
    assert main.run(["store", "migrate"]) == 0
    assert f"→ {head()}" in capfd.readouterr().out
    store = RecordStore.of(tmp_path / "w", Settings())
    records = FeedbackRecords(store)
    records.record(Author("T1", "teacher"), "1", "T1", "K1", "intend")
    assert main.run(["store", "backup", str(tmp_path / "b.db")]) == 0
    records.record(Author("T1", "teacher"), "2", "T1", "K2", "intend")
    assert main.run(["store", "restore", str(tmp_path / "b.db")]) == 2
    assert "--yes" in capfd.readouterr().err and len(records.standing("T1").events) == 2
    assert main.run(["store", "restore", str(tmp_path / "b.db"), "--yes"]) == 0
    assert [event.course_id for event in records.standing("T1").events] == ["K1"]
    capfd.readouterr()
    assert main.run(["store", "verify", "--json"]) == 0
    content = json.loads(capfd.readouterr().out)
    assert content["faults"] == [] and content["rows"]["feedback"] == 1
    assert main.run(["store", "migrate", "--to", "base"]) == 0
    assert main.run(["store", "verify"]) == 1
    assert main.run(["store", "restore", str(tmp_path / "missing.db")]) == 3
    store.close()


def test_a_url_that_is_none_is_said_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOMMENDER_DATABASE_URL", "mysql://secret:password@host/db")
    assert main.run(["store", "migrate", "--workspace", str(tmp_path)]) == 2
    err = capfd.readouterr().err
    assert "postgresql://" in err and "password" not in err and err.count("\n") == 1
