"""Files of decisions: their words, what is refused as a whole, and that the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, RecommenderError, UsageError
from features.tables import typed_frame
from recommender.hours.decision_file import apply_decisions, read_decisions
from recommender.records.database import sqlite_url
from recommender.records.hour_records import HourRecords
from recommender.records.record_store import Author, RecordStore

OPERATOR = Author("root", "operator")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[HourRecords]:
    store = RecordStore(sqlite_url(tmp_path / "store.db")).open()
    yield HourRecords(store)
    store.close()


def _file(folder: Path, text: str) -> Path:
    path = folder / "decisions.csv"
    path.write_text(text, "utf-8")
    return path


def test_words_of_both_languages(tmp_path: Path) -> None:
    rows = read_decisions(_file(tmp_path, "登记编号,决定,理由\nE1,审核通过,\nE2,不通过, 没有材料 \n"))
    assert [(r.row, r.entry_id, r.decision, r.reason) for r in rows] == [
        (2, "E1", "checked", ""), (3, "E2", "refused", "没有材料"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error"),
    [("entry_id,reason\nE1,x\n", UsageError), ("entry_id,decision\nE1,maybe\n", DataError),
     ("entry_id,decision\nE1,refused\n", DataError), ("entry_id,decision\nE1,checked\nE1,checked\n", DataError)],
)  # fmt: skip
def test_what_is_refused_as_a_whole(tmp_path: Path, text: str, error: type[RecommenderError]) -> None:
    with pytest.raises(error):
        read_decisions(_file(tmp_path, text))


def test_applied_once_with_what_is_left(tmp_path: Path, records: HourRecords) -> None:
    entries = typed_frame("hour_entries", pd.DataFrame({
        "entry_id": ["E1", "E2", "E3"], "teacher_id": "T1", "status": ["claimed", "claimed", "recognised"],
        "done_on": pd.Timestamp("2026-01-01"),
    }))  # fmt: skip
    rows = read_decisions(_file(tmp_path, "entry_id,decision\nE1,checked\nE2,checked\nE3,checked\nE9,checked\n"))
    for _ in range(2):
        applied = apply_decisions(rows, entries, records, OPERATOR)
        assert applied.decided == 2 and [r.entry_id for r in applied.unknown] == ["E9"] and applied.not_allowed == ("E3",)
    assert len(records.steps("E1")) == 1
