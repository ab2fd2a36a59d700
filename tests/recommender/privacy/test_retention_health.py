"""`recommender doctor` says what is stored past its term, and makes no database to look."""

from __future__ import annotations

from recommender.privacy.retention import apply_retention
from recommender.privacy.retention_health import retention_findings
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace


def test_from_nothing_to_overdue_and_back(copy: Workspace, monkeypatch) -> None:
    assert retention_findings(copy, Settings()) == [] and not (copy.root / "store.db").exists()
    store = RecordStore.of(copy.root, Settings()).open()
    (within,) = retention_findings(copy, Settings())
    assert within.state == "ok"
    monkeypatch.setenv("RECOMMENDER_TODAY", "2028-06-30")
    (past,) = retention_findings(copy, Settings())
    assert past.state == "note" and "retention --apply" in str(past.remedy)
    apply_retention(copy, store, Settings().day(), Author("root", "operator"))
    store.close()
    (left,) = retention_findings(Workspace(copy.root), Settings())
    assert left.state == "ok"
