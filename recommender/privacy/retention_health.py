"""The check of `recommender doctor` on terms: whether anything is stored past them."""

from __future__ import annotations

from features.errors import RecommenderError
from features.messages import message
from recommender.privacy.retention import overdue
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.workspace.health_finding import HealthFinding
from recommender.workspace.workspace import Workspace


def retention_findings(workspace: Workspace, settings: Settings) -> list[HealthFinding]:
    """One finding; none where there are no records yet, or where they or the tables cannot be read, which other checks say."""
    store = RecordStore.of(workspace.root, settings)
    if not store.exists:
        return []
    try:
        n = sum(one.rows for one in overdue(workspace, store, settings.day()))
    except RecommenderError:
        return []
    finally:
        store.close()
    if not n:
        return [HealthFinding("retention", "ok", message("privacy.doctor_within"))]
    return [HealthFinding("retention", "note", message("privacy.doctor_overdue", n=n), message("privacy.doctor_apply"))]
