"""Files as offices write them: titles, two rows of headers, totals and remarks, other names for columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from features.sources.guess.guess_files import guess_files
from features.sources.read_tables import read_tables

Rows = list[list[Any]]
HEADER = ["序号", "教职工号", "姓名", "所在学校", "任教学段", "任教科目", "参加工作时间", "骨干称号", "周课时数(节)"]
PEOPLE = [
    [1, "0101", "甲", "示例小学", "小学", "语文", "2016年9月", "骨干教师", "12节"],
    [2, "0102", "乙", "示例小学", "小学", "思品", "2009.8", "", 14],
    [3, "0103", "丙", "示例小学", "小学", "数学", "2021-09-01", "教坛新秀", "13"],
]
BASE = {
    "organizations.csv": "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n",
    "competencies.csv": "competency_id,name_zh,name_en,framework,version\nK1,教学设计,Design,F,1\n",
}


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """workbook(rows, merged=[(row, first, last, text)]) -> a folder with it and with the tables that it refers to."""

    def make(rows: Rows, merged: tuple[tuple[int, int, int, str], ...] = (), name: str = "2026年师资.xlsx") -> Path:
        folder = tmp_path / "in"
        folder.mkdir()
        with xlsxwriter.Workbook(str(folder / name)) as book:
            sheet = book.add_worksheet("在编")
            for i, cells in enumerate(rows):
                sheet.write_row(i, 0, cells)
            for row, first, last, text in merged:
                sheet.merge_range(row, first, row, last, text)
        for file, text in BASE.items():
            (folder / file).write_text(text, "utf-8")
        return folder

    return make


def test_a_register_with_titles_totals_and_remarks_gets_in(workbook: Callable[..., Path], tmp_path: Path) -> None:
    rows = [[], [], HEADER, *PEOPLE, ["合计", "3人"], [], ["注：由学校办公室填写"], ["填表人：", "", "", "", "审核人："]]
    folder = workbook(rows, ((0, 0, 8, "示例区教师名册（2026年9月）"), (1, 0, 4, "填报单位：示例小学")))
    guesses = guess_files([folder], {})
    (sheet,) = guesses.sheets
    assert (sheet.table, sheet.header, sheet.granted, sheet.sure) == ("teachers", (3,), {"role": "teacher"}, True)
    guesses.write(tmp_path / "map.toml")
    result = read_tables([folder], tmp_path / "map.toml")
    assert result.accepted
    teachers = result.tables["teachers"]
    assert list(teachers["teacher_id"]) == ["0101", "0102", "0103"] and set(teachers["school_id"]) == {"S1"}
    assert list(teachers["ladder_step"].fillna("")) == ["T3", "", "T2"] and list(teachers["weekly_lessons"]) == [12, 14, 13]
    assert [f"{day:%F}" for day in teachers["start_date"]] == ["2016-09-01", "2009-08-01", "2021-09-01"]
    assert list(teachers["subject"]) == ["语文", "道德与法治", "数学"]
    (note,) = [i for i in result.issues if i.expected.code == "sources.footer"]
    assert note.expected.values["count"] == 3


def test_two_rows_of_headers(workbook: Callable[..., Path]) -> None:
    above = ["基本信息", "", "", "", "任教情况", "", "", "", ""]
    below = ["序号", "工号", "姓名", "学校", "学段", "学科", "", "梯级", ""]
    folder = workbook([above, below, *PEOPLE], ((0, 0, 3, "基本信息"), (0, 4, 8, "任教情况")))
    (sheet,) = guess_files([folder], {}).sheets
    assert sheet.header == (1, 2) and sheet.complete
    columns = {guess.column: guess.header for guess in sheet.columns if guess.column}
    assert columns["stage"] == "任教情况 学段" and columns["teacher_id"] == "基本信息 工号"


def test_columns_without_a_telling_name_are_known_by_their_cells(workbook: Callable[..., Path]) -> None:
    header = ["序号", "工号", "姓名", "单位", "类型", "教什么", "何时来", "", ""]
    (sheet,) = guess_files([workbook([header, *PEOPLE])], {}).sheets
    columns = {guess.header: guess for guess in sheet.columns}
    assert columns["类型"].column == "stage" and columns["教什么"].column == "subject"
    assert columns["类型"].reason == "content" and not sheet.sure and sheet.complete


def test_cells_that_do_not_fit_speak_against_a_name(workbook: Callable[..., Path]) -> None:
    header = ["序号", "工号", "姓名", "学校", "学段", "学科", "入职日期", "梯级", "周课时"]
    rows = [[*row[:6], "不详", *row[7:]] for row in PEOPLE]
    (sheet,) = guess_files([workbook([header, *rows])], {}).sheets
    (date,) = [guess for guess in sheet.columns if guess.header == "入职日期"]
    assert date.fits == 0 and not date.sure


def test_numbers_of_identity_cards_are_never_a_column(workbook: Callable[..., Path]) -> None:
    header = ["证件", "工号", "姓名", "学校", "学段", "学科", "入职日期", "梯级", "周课时"]
    rows = [["11010519491231002X", *row[1:]] for row in PEOPLE]
    (sheet,) = guess_files([workbook([header, *rows])], {}).sheets
    assert next(guess for guess in sheet.columns if guess.header == "证件").column is None


def test_what_is_missing_is_said_and_may_be_given(workbook: Callable[..., Path]) -> None:
    rows = [HEADER[:3] + HEADER[5:], *([*row[:3], *row[5:]] for row in PEOPLE)]
    folder = workbook(rows)
    (sheet,) = guess_files([folder], {}).sheets
    assert set(sheet.missing) == {"school_id", "stage"} and not sheet.complete
    (sheet,) = guess_files([folder], {}, {"school_id": "S1", "stage": "primary"}).sheets
    assert sheet.complete and sheet.granted == {"role": "teacher", "school_id": "S1", "stage": "primary"}


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "菜单.csv").write_text("周一,周二\n面条,米饭\n饺子,包子\n", "utf-8")
    guesses = guess_files([tmp_path], {})
    assert not guesses and guesses.unknown == (("菜单.csv", None),)


def test_tables_with_their_own_headers_are_left_alone(tmp_path: Path) -> None:
    for file, text in BASE.items():
        (tmp_path / file).write_text(text, "utf-8")
    assert not guess_files([tmp_path], {})


def test_known_names_of_schools_count_for_a_column(tmp_path: Path) -> None:
    (tmp_path / "名册.csv").write_text("工号,姓名,地方,学段,学科\n1,甲,示例小学,小学,数学\n2,乙,示例小学,小学,语文\n", "utf-8")
    schools = pd.DataFrame({"org_id": ["S1"], "name": ["示例小学"]})
    (sheet,) = guess_files([tmp_path], {"organizations": schools}).sheets
    assert {g.header: g.column for g in sheet.columns}["地方"] == "school_id"
