"""Rows marked as examples are left out, whatever the case of the mark and the spaces before it."""

from __future__ import annotations

import numpy as np

from features.sources.read.example_rows import without_examples
from features.sources.read.sheet import Sheet, texts


def _sheet(*cells: str) -> Sheet:
    return Sheet("名册.csv", None, ("工号", "姓名"), (texts(cells), texts(["甲"] * len(cells))), np.arange(2, len(cells) + 2))


def test_marked_rows_go() -> None:
    sheet = without_examples(_sheet("【示例】0101", "0102", " [EXAMPLE]0103", "示例小学"))
    assert sheet.columns[0].to_pylist() == ["0102", "示例小学"] and list(sheet.rows) == [3, 5]
    (note,) = sheet.notes
    assert note.values["count"] == 2 and note.values["rows"] == [2, 4]


def test_sheets_without_examples_stay_as_they_are() -> None:
    sheet = _sheet("0101", "0102")
    assert without_examples(sheet) is sheet and without_examples(_sheet()).notes == ()
