"""The workbook as a spreadsheet reads it: sheets in order, numbers as numbers, text as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_record import PlanRecord
from recommender.plans.plan_tables import record_of
from recommender.plans.workbook.workbook import write_workbook

PLAN = [
    "摘要 Summary", "课程 Lines", "学校名额 Seats per school", "名单 Assignments", "限制 Limits", "曲线 Frontiers",
    "课程缺口 Brief", "来源 Sources", "说明 Notes",
]  # fmt: skip
Rows = list[list[Any]]


def _sheets(record: PlanRecord, folder: Path) -> dict[str, Rows]:
    write_workbook(folder / "workbook.xlsx", record)
    book = CalamineWorkbook.from_path(str(folder / "workbook.xlsx"))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def _below(rows: Rows, header: str) -> Rows:
    """The rows below a header, up to the first one without a first cell."""
    start = next(i for i, row in enumerate(rows) if row[0] == header) + 1
    end = next((i for i in range(start, len(rows)) if rows[i][0] == ""), len(rows))
    return rows[start:end]


@pytest.fixture(scope="module")
def record(reports: dict[str, PlanReport]) -> PlanRecord:
    return record_of(reports["plan"])


@pytest.fixture(scope="module")
def sheets(record: PlanRecord, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    return _sheets(record, tmp_path_factory.mktemp("book"))


def test_sheets_in_order_each_marked_as_simulated(sheets: dict[str, Rows]) -> None:
    assert list(sheets) == PLAN
    assert all("模拟" in rows[1][0] and "imulated" in rows[1][0] for rows in sheets.values())


def test_the_summary_holds_all_sentences_and_figures(record: PlanRecord, sheets: dict[str, Rows]) -> None:
    rows = sheets[PLAN[0]]
    cells = [row[0] for row in rows]
    for sentence in record.summary.sentences:
        assert cells[cells.index(sentence["zh"]) + 1] == sentence["en"]
    figures = {row[0]: row[1] for row in rows}
    assert figures["名额 Seats"] == record.summary.seats
    assert figures["预计收获（教师标准差合计） Expected gain (teacher SD, summed)"] == pytest.approx(record.summary.expected_gain)


def test_lines_schools_and_people_are_those_of_the_record(record: PlanRecord, sheets: dict[str, Rows]) -> None:
    lines = _below(sheets[PLAN[1]], "课程代码 course_id")
    assert {row[0]: row[4] for row in lines} == {line.course_id: line.seats for line in record.tables.lines}
    gains = [row[7] or 0.0 for row in lines]
    assert gains == sorted(gains, reverse=True)
    seats = _below(sheets[PLAN[2]], "学校代码 school_id")
    assert sorted((row[2], row[0], row[4]) for row in seats) == sorted(
        (x.course_id, x.school_id, x.seats) for x in record.tables.seats
    )
    people = _below(sheets[PLAN[3]], "教师编号 teacher_id")
    assert [(row[0], row[1]) for row in people] == [(x.teacher_id, x.course_id) for x in record.tables.assignments]
    assert all(len(row) == 3 for row in people)  # no need and no gain beside a name


def test_limits_prices_and_frontiers(record: PlanRecord, sheets: dict[str, Rows]) -> None:
    limits = {row[0]: row[1] for row in _below([["start"], *sheets[PLAN[4]][3:]], "start")}
    assert limits["预算 budget"] == "9,000" and limits["抽签名额占 seats drawn by lot"] == "20%"
    prices = _below(sheets[PLAN[4]], "限制 Limit")
    assert [row[5] for row in prices] == [price.en for price in record.tables.prices]
    budgets = _below(sheets[PLAN[5]], "预算（元） Budget (yuan)")
    assert [row[0] for row in budgets] == [point.budget for point in record.tables.frontier]
    floors = _below(sheets[PLAN[5]], "每校下限 Floor")
    assert [row[0] for row in floors] == [point.floor_share for point in record.tables.equity]


def test_sources_and_notes(record: PlanRecord, sheets: dict[str, Rows]) -> None:
    facts = {row[0]: row[1] for row in sheets[PLAN[7]]}
    assert facts["方案编号 Plan"] == record.summary.plan_id and facts["模拟数据 Made up"] == "是 yes"
    assert facts["lines.csv"].startswith(f"{len(record.tables.lines)} 行 rows: course_id, seats")
    assert {"目标", "隐私"} <= {row[0] for row in sheets[PLAN[8]]}


def test_a_plan_that_cannot_be_has_no_courses_and_says_why(reports: dict[str, PlanReport], tmp_path: Path) -> None:
    record = record_of(reports["infeasible"])
    sheets = _sheets(record, tmp_path)
    assert list(sheets) == [PLAN[0], PLAN[4], *PLAN[6:]]
    assert "没有方案能同时满足" in str(sheets[PLAN[0]])


def test_text_of_tables_is_no_formula(record: PlanRecord, tmp_path: Path) -> None:
    lines = tuple(line.model_copy(update={"title": "=1+1"}) for line in record.tables.lines)
    risky = record.model_copy(update={"tables": record.tables.model_copy(update={"lines": lines})})
    titles = {row[1] for row in _below(_sheets(risky, tmp_path)[PLAN[1]], "课程代码 course_id")}
    assert titles == {"'=1+1"}
