"""Totals and remarks below the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.sources.read.csv_reader import read_csv
from features.sources.read.footer import without_footer
from features.sources.read.sheet import Sheet

HEAD = "工号,姓名,学校,学段\n"
ROW = "1,甲,S1,小学\n2,乙,S1,小学\n"


def sheet(tmp_path: Path, text: str) -> Sheet:
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    return read_csv(path)


@pytest.mark.parametrize(
    "footer", ["合计,2,,\n", "合计,2人,1所,2\n", "注：见文件,,,\n", ",审核人：,,\n填表人：,,日期：,\n", "Total,2,,\n"]
)
def test_they_are_left_out_with_a_note(tmp_path: Path, footer: str) -> None:
    result = without_footer(sheet(tmp_path, HEAD + ROW + footer))
    assert list(result.rows) == [2, 3] and result.notes[-1].values["count"] == footer.count("\n")


def test_rows_of_data_stay(tmp_path: Path) -> None:
    for text in (HEAD + ROW, HEAD + ROW + "3,丙,S1,\n", "工号,学时\n1,\n2,\n", HEAD):
        whole = sheet(tmp_path, text)
        assert list(without_footer(whole).rows) == list(whole.rows)


def test_totals_between_rows_stay(tmp_path: Path) -> None:
    assert len(without_footer(sheet(tmp_path, HEAD + ROW + "小计,2,,\n" + ROW)).rows) == 5
