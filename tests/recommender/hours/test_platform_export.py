"""Entries in a platform's own shape."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.errors import UsageError
from features.ledger.hours_ledger import hours_ledger
from features.tables import Tables, typed_frame
from recommender.hours.platform_export import PlatformShape, platform_rows, read_shape

AS_OF = date(2026, 12, 31)


@pytest.fixture(scope="module")
def tables() -> Tables:
    entries = pd.DataFrame({
        "entry_id": ["1", "2", "3", "4"], "teacher_id": "A", "activity": ["=x", "y", "y", "z"],
        "platform": ["甲", "甲", "乙", "甲"],
        "category": "public", "hours": [2.5, 3.0, 3.0, 9.0], "done_on": pd.Timestamp("2026-05-01"), "level": "city",
        "status": ["refused", "recognised", "recognised", "claimed"],
    })  # fmt: skip
    teachers = pd.DataFrame({"teacher_id": ["A"], "school_id": ["S"], "role": ["teacher"]})
    frames = {"teachers": teachers, "hour_entries": entries}
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({}, [["1", "'=x", "2026-05-01", "0", "refused"], ["2", "y", "2026-05-01", "0", "recognised"]]),
        ({"rows": "all", "states": ["recognised"]},
         [["2", "y", "2026-05-01", "0", "recognised"], ["3", "y", "2026-05-01", "3", "recognised"]]),
        ({"states": ["claimed"], "day": "%d.%m.%y", "values": {"status": {"claimed": "申报"}}},
         [["4", "z", "01.05.26", "0", "申报"]]),
    ],
)
def test_rows(tables: Tables, changes: dict[str, object], rows: list[list[str]]) -> None:
    columns = {"号": "entry_id", "名": "activity", "日": "done_on", "计": "counted", "态": "status"}
    shape = PlatformShape.model_validate({"columns": columns} | changes)
    result = platform_rows(tables, hours_ledger(tables, AS_OF), "甲", shape)
    assert list(result.rows.columns) == list(columns) and result.rows.to_numpy().tolist() == rows
    assert result.teacher_ids == ("A",)


@pytest.mark.parametrize(
    "text",
    ["", "[columns]\n'x' = 'needs'\n", "states = ['x']\n[columns]\n'x' = 'hours'\n", "[columns\n", "what = 1\n"],
)
def test_a_file_that_is_no_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "shape.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError):
        read_shape(tmp_path / "shape.toml")
