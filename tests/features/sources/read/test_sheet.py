"""Grids of text and the row numbers that people see."""

from __future__ import annotations

import numpy as np
import pytest

from features.sources.read.cut_sheet import cut
from features.sources.read.sheet import join_cells, letter, texts

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


def test_two_rows_of_header_are_joined_and_groups_reach_to_the_right() -> None:
    rows = [["", "", "代数", "", "几何", ""], ["班级", "学号", "得分", "名次", "得分", "名次"], ["A", "1", "5", "1", "6", "2"]]
    sheet = cut("a.csv", None, [texts(list(column)) for column in zip(*rows, strict=True)], (1, 2))
    assert sheet.header == ("班级", "学号", "代数 得分", "代数 名次", "几何 得分", "几何 名次")
    assert sheet.column("几何得分") == 4 and sheet.rows.tolist() == [3]


def test_a_cell_over_both_rows_is_named_once() -> None:
    grid = [texts(["班级", "班级", "A"]), texts(["代数", "得分", "5"])]
    assert cut("a.xlsx", None, grid, (1, 2), groups_filled=True).header == ("班级", "代数 得分")


def test_one_of_several_columns_by_its_number() -> None:
    sheet = cut("a.csv", None, [texts([name, "x"]) for name in ("得分", "名次", "得分", "名次#2")])
    assert sheet.columns_named("得分") == [0, 2]
    assert sheet.column("得分#2") == 2 and sheet.column("得分#1") == 0 and sheet.column("得分#3") is None
    assert sheet.column("名次#2") == 3 and sheet.column("得分#0") is None


def test_rows_are_taken_with_their_numbers() -> None:
    sheet = cut("a.csv", None, [texts(["id", "a", "b", "c"])], overlong=[3])
    taken = sheet.take(np.array([2, 1, 1]))
    assert taken.columns[0].to_pylist() == ["c", "b", "b"] and taken.rows.tolist() == [4, 3, 3]
    assert taken.overlong.tolist() == [1, 2]
