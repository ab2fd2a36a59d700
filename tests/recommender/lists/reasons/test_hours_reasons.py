"""Line 3 counts the hours a teacher still owes, and says where no rule is recorded."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from recommender.lists.recommend import Recommender


def test_hours_count_up_to_what_is_owed(ready: Recommender, rows: pd.DataFrame) -> None:
    owed = ready.writer.owed.table.groupby(["teacher_id", "category"])["owed"].max()
    courses = ready.snapshot.tables["courses"].set_index("course_id")
    teachers = rows.loc[rows["unit_kind"] == "teacher", ["unit_id", "course_id", "lines"]]
    for unit, course, lines in teachers.itertuples(index=False):
        rules = [owed.get((unit, c)) for c in (courses.at[course, "category"], "any")]
        hours = [rule for rule in rules if rule is not None]
        text = lines["feasible"]["en"]
        if not hours:
            assert "required hours: not recorded" in text
        elif max(hours) <= 0:
            assert "complete" in text
        else:
            count = re.search(r"([\d.]+) of them count", text)
            assert count and float(count[1]) == pytest.approx(min(courses.at[course, "hours"], max(hours)), abs=0.051)


def test_a_teacher_or_category_without_a_rule(ready: Recommender) -> None:
    assert ready.writer.owed.counted("nobody", "public", 10.0).code == "reasons.hours_unrecorded"
