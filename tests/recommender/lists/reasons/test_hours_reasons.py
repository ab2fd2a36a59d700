"""Line 3 names the debt that hours count towards, never more than is owed, and says where none count."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest

from features.hours import OwedRule
from recommender.lists.reasons.hours_reasons import hours_line
from recommender.lists.recommend import Recommender
from recommender.text import in_both

END = date(2026, 12, 31)
WHOLE = {"public": "in public courses", "professional": "in professional courses", "elective": "in elective courses",
         "any": "in courses of any category"}  # fmt: skip


def test_the_lines_are_those_of_the_rules(ready: Recommender, rows: pd.DataFrame) -> None:
    owed = ready.writer.owed.table.set_index(["teacher_id", "category"]).sort_index()
    courses = ready.snapshot.tables["courses"].set_index("course_id")
    teachers = rows.loc[rows["unit_kind"] == "teacher", ["unit_id", "course_id", "lines"]]
    counted = 0
    for unit, course_id, lines in teachers.itertuples(index=False):
        course, text = courses.loc[course_id], lines["feasible"]["en"]
        ends = course["end_date"] if pd.notna(course["end_date"]) else course["start_date"]
        parts = re.findall(r"([\d.]+) count towards the ([\d.]+) hours owed (in .*?) \(to ([\d-]+)\)", text)
        expected = {}
        for category in (course["category"], "any"):
            if (unit, category) in owed.index:
                rule = owed.loc[(unit, category)]
                if rule["owed"] > 0 and not (pd.notna(ends) and ends > rule["cycle_end"]):
                    expected[WHOLE[category]] = (min(course["hours"], rule["owed"]), rule["owed"])
        assert {where for _, _, where, _ in parts} == set(expected)
        for n, debt, where, _ in parts:
            assert (float(n), float(debt)) == pytest.approx(expected[where], abs=0.051)
        assert all(float(n) <= float(debt) for n, debt, _, _ in parts)
        counted += len(parts)
    assert counted > 100


@pytest.mark.parametrize(
    ("rules", "ends_on", "zh", "en"),
    [
        ([], None, "是否计入学时要求：未记录", "whether they count towards required hours: not recorded"),
        ([OwedRule("any", END, 30.0, 30.0)], END, "其中 30 学时可计入总学时（不分类别）所欠的 30 学时（至 2026-12-31）",
         "of them 30 count towards the 30 hours owed in courses of any category (to 2026-12-31)"),
        ([OwedRule("public", END, 0.0, 0.0)], END, "本周期（至 2026-12-31）要求的学时已满",
         "required hours of this cycle (to 2026-12-31) are complete"),
        ([OwedRule("public", END, 9.0, 9.0)], date(2027, 1, 1), "课程在本周期（至 2026-12-31）之后结束，不计入本周期",
         "it ends after this cycle (to 2026-12-31) and does not count in it"),
    ],
)  # fmt: skip
def test_each_case_in_words(rules: list[OwedRule], ends_on: date | None, zh: str, en: str) -> None:
    assert in_both(hours_line(rules, "public", 50.0, ends_on)) == (zh, en)


def test_a_teacher_without_a_rule(ready: Recommender) -> None:
    assert ready.writer.owed.rules("nobody") == []
