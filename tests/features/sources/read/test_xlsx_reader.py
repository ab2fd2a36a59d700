"""Cells of a workbook as the text that a person sees."""

from __future__ import annotations

import zipfile
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


def test_the_value_of_merged_cells_counts_for_their_rows_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("s")
        page.merge_range(0, 0, 0, 3, "示例区")  # a title over all columns is no merged value of rows
        page.write_row(1, 0, ["班级", "学号", "得分", "名次"])
        page.merge_range(2, 0, 5, 0, "601")
        page.merge_range(6, 0, 7, 0, 602)
        for i, number in enumerate(["1", "2", "3", "", "5", "6"]):
            page.write_row(2 + i, 1, [number, 60 + i if number else "", ""])
        page.merge_range(3, 2, 3, 3, "缺考")
    sheet = Workbook(path).sheet("s", (2,))
    assert sheet.columns[0].to_pylist() == ["601", "601", "601", "602", "602"]  # a row of merged cells alone is blank
    assert sheet.columns[2].to_pylist()[1] == sheet.columns[3].to_pylist()[1] == "缺考"
    assert [(n.code, n.values["count"]) for n in sheet.notes] == [("sources.merged_cells", 3)]


def test_groups_of_a_header_of_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("s")
        page.merge_range(0, 0, 1, 0, "班级")
        page.merge_range(0, 1, 0, 2, "几何")
        page.write_row(1, 1, ["得分", "名次", "备注"])
        page.write_row(2, 0, ["A", 1, 2, "x"])
    assert Workbook(path).sheet("s", (1, 2)).header == ("班级", "几何 得分", "几何 名次", "备注")


def test_packages_of_other_programs(tmp_path: Path) -> None:
    plain = tmp_path / "plain.xlsx"
    with xlsxwriter.Workbook(str(plain)) as book:
        book.add_worksheet("s").write_row(0, 0, ["a", "b"])
    old = zipfile.ZipFile(plain)
    for name, renamed in (("backslash", lambda part: part.replace("/", chr(92))), ("stored", str)):
        path = tmp_path / f"{name}.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
            for part in old.namelist():
                info = zipfile.ZipInfo()
                info.filename = renamed(part)
                new.writestr(info, old.read(part))
        assert Workbook(path).sheet("s").header == ("a", "b"), name

