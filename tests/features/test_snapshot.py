"""Goals, levels and what was taken, in the arrays that everything above shares."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame

AS_OF = date(2026, 6, 30)


def _snapshot(planted, goals, taken=()):
    competencies = pd.DataFrame(
        {"competency_id": ["A", "A1", "A2", "B"], "parent_id": [None, "A", "A", None]}
    )
    columns = ["teacher_id", "course_id", "requested_on", "completed_on", "status", "hours"]
    done = pd.DataFrame([(*row, np.nan)[:6] for row in taken], columns=columns)
    for name in ("requested_on", "completed_on"):
        done[name] = pd.to_datetime(done[name])
    frames = {
        "competencies": competencies,
        "teachers": pd.DataFrame({"teacher_id": ["T1", "T2"], "school_id": "S"}),
        "courses": pd.DataFrame({"course_id": ["K1", "K2", "K3"], "hours": [10.0, 20.0, 30.0]}), "enrolments": done,
        "course_goals": pd.DataFrame(goals, columns=["course_id", "competency_id", "weight", "level"]),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    return take_snapshot(tables, planted(tables, AS_OF))


GOALS = [("K1", "A", 2.0, 2), ("K1", "B", 2.0, None), ("K2", "A1", 3.0, 1), ("K2", "A", 3.0, 4),
         ("K9", "B", 1.0, 1), ("K3", "UNKNOWN", 1.0, 1)]  # fmt: skip


def test_a_parent_spreads_over_its_leaves_and_rows_sum_to_one(planted):
    snapshot = _snapshot(planted, GOALS)
    assert snapshot.needs.competency_ids == ("A1", "A2", "B")
    np.testing.assert_allclose(snapshot.goals, [[0.25, 0.25, 0.5], [0.75, 0.25, 0.0], [0.0, 0.0, 0.0]])
    nan = np.nan
    np.testing.assert_allclose(snapshot.levels, [[2, 2, nan], [2.0, 4, nan], [nan, nan, nan]])


@pytest.mark.parametrize(
    ("completed", "status", "counts"),
    [("2026-01-01", "completed", True), ("2023-07-01", "completed", True), ("2023-06-29", "completed", False),
     ("2026-01-01", "withdrawn", False), (None, "enrolled", False), ("2026-07-01", "completed", False)],
)  # fmt: skip
def test_recent_hours_are_of_courses_completed_in_three_years(planted, completed, status, counts):
    row = ("T2", "K1", "2023-01-01", completed, status)
    hours = _snapshot(planted, GOALS, [row, row]).recent_hours
    np.testing.assert_allclose(hours, [[0, 0, 0], [2.5, 2.5, 5.0] if counts else [0, 0, 0]])


def test_hours_of_an_enrolment_stand_before_those_of_its_course(planted):
    row = ("T2", "K1", "2023-01-01", "2026-01-01", "completed", 4.0)
    np.testing.assert_allclose(_snapshot(planted, GOALS, [row]).recent_hours[1], [1.0, 1.0, 2.0])


def test_a_city_has_goals_for_every_course(district, planted):
    snapshot = take_snapshot(district, planted(district, AS_OF))
    np.testing.assert_allclose(snapshot.goals.sum(axis=1), 1.0)
    assert (np.isnan(snapshot.levels) | (snapshot.goals > 0)).all()
    assert snapshot.enrolments["requested_on"].max() <= pd.Timestamp(AS_OF)
    assert snapshot.school_of.max() + 1 == district["teachers"]["school_id"].nunique()
