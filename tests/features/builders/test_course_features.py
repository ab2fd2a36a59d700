"""Features of courses from a small catalogue."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.builders.course_features import CourseFeatures
from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame

AS_OF = date(2025, 8, 31)


def test_catalogue_columns_are_coded_and_missing_cells_are_nan(planted):
    courses = pd.DataFrame({
        "course_id": ["K1", "K2"], "form": ["coaching", "lecture"], "mode": ["offline", "online"],
        "owner_level": ["school", "national"], "hours": [30, 4], "release_days": [2, 0], "max_seats": [20, 500],
        "mechanisms": ["goals;insight", None], "evidence_grade": ["A", None],
    })  # fmt: skip
    goals = pd.DataFrame(
        {"course_id": ["K1", "K1"], "competency_id": ["A", "B"], "weight": [3.0, 1.0], "level": [2, 4]}
    )
    frames = {
        "courses": courses, "course_goals": goals,
        "competencies": pd.DataFrame({"competency_id": ["A", "B"]}),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    values = CourseFeatures()(take_snapshot(tables, planted(tables, AS_OF)))
    named = dict(zip([c.name for c in CourseFeatures().columns], values.T, strict=True))
    assert named["coaching_by_course"].tolist() == [1, 0] and named["lecture_by_course"].tolist() == [0, 1]
    assert named["presence_by_course"].tolist() == [2, 0] and named["owner_by_course"].tolist() == [4, 0]
    np.testing.assert_allclose(named["seats_max_by_course"], np.log([20, 500]))
    np.testing.assert_array_equal(named["mechanisms_count_by_course"], [2, np.nan])
    np.testing.assert_array_equal(named["grade_by_course"], [4, np.nan])
    np.testing.assert_array_equal(named["level_mean_by_course"], [2.5, np.nan])
    assert named["goals_count_by_course"].tolist() == [2, 0]
