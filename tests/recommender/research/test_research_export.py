"""The folder holds what it says, once; above the limit, or where needs have expired, nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, UsageError
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import Author, RecordStore
from recommender.research.deidentify import ExportOptions
from recommender.research.research_export import run_research_export
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace


def test_the_folder(copy: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    store = RecordStore.of(copy.root, Settings()).open()
    teacher = str(copy.tables["teachers"]["teacher_id"][0])
    FeedbackRecords(store).personalise(Author(teacher, "teacher"), "1", teacher, False)
    store.close()
    data = run_research_export(copy, Settings(), out, ExportOptions(), 0.1)
    assert {path.name for path in out.iterdir()} == {"teachers.csv", "needs.csv", "risk.json", "README.md", "origin.json"}
    teachers, needs = pd.read_csv(out / "teachers.csv", dtype=str), pd.read_csv(out / "needs.csv")
    assert len(teachers) == data.risk.rows and set(needs["pseudonym"]) == set(teachers["pseudonym"])
    assert list(needs.columns) == ["pseudonym", "competency_id", "mean", "band"]
    risk = json.loads((out / "risk.json").read_text("utf-8"))
    assert risk["left_out"] == 1 and risk["rows"] == len(teachers) and risk["max_risk"] == 0.1
    sizes = teachers.groupby(list(risk["levels"])).size()
    assert sizes.min() == risk["smallest_class"] >= 10
    text = (out / "README.md").read_text("utf-8")
    assert "Simulated data" in text and "link them with other data" in text and all(name in text for name in risk["levels"])
    origin = json.loads((out / "origin.json").read_text("utf-8"))
    assert origin["made_up"] and origin["as_of"] == "2026-06" and "tables" not in origin
    with pytest.raises(UsageError, match="exists"):
        run_research_export(copy, Settings(), out, ExportOptions(), 0.1)


@pytest.mark.parametrize(("k", "limit"), [(5, 0.01), (500, 0.1)])
def test_above_the_limit_nothing_is_written(city, tmp_path: Path, k: int, limit: float) -> None:
    with pytest.raises(DataError):
        run_research_export(city.workspace, city.settings, tmp_path / "out", ExportOptions(k), limit)
    assert list(tmp_path.iterdir()) == []


def test_needs_that_have_expired_are_not_exported(city, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOMMENDER_TODAY", "2028-06-30")
    with pytest.raises(DataError, match="have expired"):
        run_research_export(city.workspace, Settings(), tmp_path / "out", ExportOptions(), 0.1)
