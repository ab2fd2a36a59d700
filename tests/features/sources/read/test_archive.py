"""Workbooks that no parser may see."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from features.errors import FileReadError
from features.sources.read.archive import MAX_AREA, ErrorCell, inspect


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("课程")
        sheet.write(0, 0, "a")
        sheet.write_formula(2, 1, "=NA()", value="#N/A")
    return path


def _with_part(path: Path, name: str, data: bytes) -> Path:
    """The workbook with one part replaced or added."""
    with zipfile.ZipFile(path) as packed:
        parts = {part.filename: packed.read(part) for part in packed.infolist()}
    parts[name] = data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return path


def _refusal(path: Path) -> str:
    with pytest.raises(FileReadError) as refused:
        inspect(path)
    return refused.value.message.code


def test_cells_with_errors_are_found_by_sheet(workbook: Path) -> None:
    assert inspect(workbook) == {"课程": [ErrorCell(2, 1)]}


def test_dangerous_workbooks_are_refused(workbook: Path, tmp_path: Path) -> None:
    data = workbook.read_bytes()
    sheet = "xl/worksheets/sheet1.xml"
    for part, content, code in (
        ("xl/extra.xml", b"<!DOCTYPE x>", "sources.xlsx_with_dtd"),
        ("xl/extra.xml", "<!ENTITY x>".encode("utf-16-le"), "sources.xlsx_with_dtd"),
        (sheet, f'<c r="A1"/><c r="AAA{MAX_AREA // 100}"/>'.encode(), "sources.xlsx_area"),
    ):
        path = tmp_path / "b.xlsx"
        path.write_bytes(data)
        assert _refusal(_with_part(path, part, content)) == code


def test_a_large_workbook_is_refused_by_its_announced_size(workbook: Path) -> None:
    assert _refusal(_with_part(workbook, "xl/extra.bin", bytes(50_000_001))) == "sources.xlsx_too_large"


def test_what_is_no_workbook_is_refused(tmp_path: Path, workbook: Path) -> None:
    text = tmp_path / "t.xlsx"
    text.write_text("a,b\n", "utf-8")
    assert _refusal(text) == "sources.damaged_xlsx"
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(workbook.read_bytes()[:-200])
    assert _refusal(torn) == "sources.damaged_xlsx"
    with zipfile.ZipFile(tmp_path / "z.xlsx", "w") as packed:
        packed.writestr("a.txt", "a")
    assert _refusal(tmp_path / "z.xlsx") == "sources.xlsx_without_workbook"
