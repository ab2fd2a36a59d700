"""Cells of a workbook as the text that a person sees."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import xlsxwriter

from features.sources.read.xlsx_reader import Workbook


def test_cells_become_text(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet("表")
        sheet.write_row(0, 0, ["a", "b", "c", "d", "e", "f", "g"])
        sheet.write_row(1, 0, ["文字", 7, 0.25, 440301200801019999])
        sheet.write_datetime(1, 4, datetime(2026, 9, 1), day)
        sheet.write_datetime(1, 5, datetime(2026, 9, 1, 8, 30), day)
        sheet.write_boolean(1, 6, True)
        sheet.write_formula(3, 0, "=NA()", value="#N/A")
    sheet = Workbook(tmp_path / "a.xlsx").sheet("表")
    cells = [column.to_pylist() for column in sheet.columns]
    assert [c[0] for c in cells] == [
        "文字", "7", "0.25", "4.40301200801020e+17", "2026-09-01", "2026-09-01 08:30:00", "TRUE",
    ]  # fmt: skip
    assert sheet.rows.tolist() == [2, 4] and cells[0][1] == "#N/A"
