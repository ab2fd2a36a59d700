"""One workbook with twenty kinds of fault: each is told by sheet, Excel row, column and value; nothing is written.

`pytest -s` on this file prints the list as a user reads it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from features.errors import DataError
from features.sources.issue import Issue
from recommender.text.issue_rows import issue_sentence
from recommender.workspace.importing import prepare_import
from recommender.workspace.versions import version_of

Row = list[object]

SHEETS: dict[str, list[Row]] = {
    "organizations": [
        ["机构代码", "机构名称", "机构类别", "上级机构代码", "薄弱程度"],
        ["D1", "南山区", "区", "", ""],
        ["S1", "南山实验学校(麒麟)", "学校", "D1", 0.2],
        ["S2", "第二小学", "学校", "D1", 1.7],  # 1 above the range
        ["S3", "第三小学", "学校", "S4", ""],  # 2 a circle of parents
        ["S4", "第四小学", "学校", "S3", ""],
    ],
    "teachers": [
        ["工号", "学校代码", "身份", "学段", "任教学科", "入职日期"],
        ["T1", "S1", "教师", "小学", "数学", "2015-09-01"],
        ["T2", "南山实验", "教师", "小学", "语文", ""],  # 3 unknown school, near a known name
        ["T3", "S1", "班主任", "小学", "语文", ""],  # 4 a word that is none of the choices
        ["T4", "S1", "教师", "小学", "语文", "2026-02-30"],  # 5 a day that no calendar has
        ["", "S1", "教师", "小学", "语文", ""],  # 6 an empty required cell
        ["T1", "S1", "教师", "初中", "数学", "2015-09-01"],  # 7 the same id with other values
        [4.40301200801019e17, "S1", "教师", "小学", "语文", ""],  # 8 digits lost to scientific notation
    ],
    "competencies": [
        ["能力代码", "中文名称", "框架", "版本"],  # 9 a required column is missing
        ["K1", "学情分析", "F", "1"],
    ],
    "classes": [
        ["班级代码", "学科", "学期", "工号", "学校代码", "年级"],
        ["C1", "数学", "2026-1", "", "S1", "3"],  # 10 a class without a teacher
        ["C2", "数学", "2026-1", "T9", "S1", "3"],  # 11 a teacher nobody knows
    ],
    "assessments": [
        ["测评代码", "测评名称", "项目", "日期", "学段", "学科"],
        ["A1", "期末", "district_exam", "2026-06-20", "小学", "数学"],
    ],
    "assessment_dimensions": [
        ["测评代码", "维度", "量尺均值", "量尺标准差"],
        ["A1", "计算", 500, 0],  # 12 a scale without spread
    ],
    "results": [
        ["测评代码", "维度", "单位类别", "单位代码", "人数", "平均分"],
        ["A1", "阅读", "学校", "S1", 30, 500],  # 13 a dimension that the test does not have
        ["A1", "计算", "学校", "S1", 30.5, 500],  # 14 half a pupil
    ],
    "observations": [
        ["观察代码", "指标", "工号", "评课人代码", "课例代码", "日期", "得分", "最低分", "满分"],
        ["O1", "K1", "T1", "R1", "L1", "2026-03-01", 132, 0, 100],  # 15 above the full mark
        ["O2", "K1", "T1", "R1", "L2", "2026-03-01", 3, 5, 1],  # 16 a scale upside down
    ],
    "courses": [
        ["课程代码", "课程名称", "主办单位代码", "级别", "方式", "形式", "学时", "类别", "固定费用", "人均费用",
         "最少人数", "最多人数", "脱产天数"],
        ["X1", "看懂学情", "D1", "区", "线上", "工作坊", "五十", "专业", 0, 0, 10, 40, 0],  # 17 words for a number
        ["X2", "读写", "D1", "区", "线上", "工作坊", 8, "专业", 0, 0, 40, 10, 0],  # 18 more seats at least than at most
    ],
    "course_goals": [
        ["课程代码", "能力代码", "权重"],
        ["X9", "K1", 1],  # 19 a goal without its course
        ["X2", "K1", "#N/A"],  # 20 a formula's error
    ],
}  # fmt: skip

# sheet, Excel row, column letters, value found
EXPECTED = {
    1: ("organizations", 4, "E", "1.7"),
    2: ("organizations", 5, "D", "S4"),
    3: ("teachers", 3, "B", "南山实验"),
    4: ("teachers", 4, "C", "班主任"),
    5: ("teachers", 5, "F", "2026-02-30"),
    6: ("teachers", 6, "A", ""),
    7: ("teachers", 7, "A", "T1"),
    8: ("teachers", 8, "A", "4.40301200801019e+17"),
    9: ("competencies", 1, "", ""),
    10: ("classes", 2, "D", ""),
    11: ("classes", 3, "D", "T9"),
    12: ("assessment_dimensions", 2, "D", "0"),
    13: ("results", 2, "B", "阅读"),
    14: ("results", 3, "E", "30.5"),
    15: ("observations", 2, "G", "132"),
    16: ("observations", 3, "H+I", "5 1"),
    17: ("courses", 2, "G", "五十"),
    18: ("courses", 3, "K+L", "40 10"),
    19: ("course_goals", 2, "A", "X9"),
    20: ("course_goals", 3, "C", "#N/A"),
}


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "师资.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in SHEETS.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if cell == "#N/A":
                        sheet.write_formula(r, c, "=NA()", value="#N/A")
                    elif cell != "":
                        sheet.write(r, c, cell)
    return path


def _place(problem: Issue) -> tuple[str | None, int | None, str, str]:
    return problem.sheet, problem.row, problem.letter, problem.value


def test_twenty_kinds_of_fault_are_all_told_and_nothing_is_written(workbook: Path, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    ready = prepare_import(root, [workbook])
    problems = [p for p in ready.reading.issues if p.severity == "problem"]
    for problem in problems:
        print(issue_sentence(problem, "zh"))
        print("   ", issue_sentence(problem, "en"))
    rows = {_place(p) for p in problems}
    missing = {n: place for n, place in EXPECTED.items() if place not in rows}
    assert not missing
    others = rows - set(EXPECTED.values())
    assert others == {("organizations", 6, "D", "S3")}  # the other half of the circle
    with pytest.raises(DataError):
        ready.write()
    assert version_of(root) is None and not root.exists()


def test_each_message_says_what_would_do(workbook: Path, tmp_path: Path) -> None:
    result = {_place(p): p for p in prepare_import(tmp_path / "w", [workbook]).reading.issues}
    assert "是不是「南山实验学校(麒麟)」" in issue_sentence(result[EXPECTED[3]], "zh")
    assert "did you mean 南山实验学校(麒麟)?" in issue_sentence(result[EXPECTED[3]], "en")
    assert "设为“文本”" in issue_sentence(result[EXPECTED[8]], "zh")
    assert "name_en" in issue_sentence(result[EXPECTED[9]], "zh")
    assert "100" in issue_sentence(result[EXPECTED[15]], "zh")
