"""Grids of text and the row numbers that people see."""

from __future__ import annotations

import pytest

from features.sources.read.sheet import cut, join_cells, letter, texts

GRID = [texts(["某区", " ", "工号", "T1", "", "T2"]), texts(["", "", "姓名", "张", " ", "李"])]


def test_the_header_is_the_first_row_that_is_not_blank_or_the_one_given() -> None:
    sheet = cut("a.csv", None, GRID, header_rows=(3,), overlong=[6])
    assert sheet.header == ("工号", "姓名") and sheet.rows.tolist() == [4, 6]
    assert sheet.columns[0].to_pylist() == ["T1", "T2"] and sheet.overlong.tolist() == [1]
    first = cut("a.csv", None, GRID)
    assert first.header == ("某区", "") and first.header_row == 1 and first.rows.tolist() == [3, 4, 6]
    assert cut("a.csv", None, GRID, header_rows=(9,)).header == () and not cut("a.csv", None, []).header


def test_a_column_is_found_without_regard_to_spaces_and_case() -> None:
    sheet = cut("a.csv", None, [texts(["Teacher ID"]), texts(["姓 名"])])
    assert sheet.column("teacherid") == 0 and sheet.column("姓名") == 1 and sheet.column("x") is None


@pytest.mark.parametrize(("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_of_columns(index: int, name: str) -> None:
    assert letter(index) == name


def test_joined_cells_are_null_where_one_is() -> None:
    assert join_cells([texts(["a", "b"]), texts(["x", None])], "-").to_pylist() == ["a-x", None]  # type: ignore[list-item]
