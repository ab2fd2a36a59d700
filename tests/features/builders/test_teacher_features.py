"""Features of teachers from a small register."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.builders.teacher_features import TeacherFeatures, mean_where
from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame

AS_OF = date(2025, 8, 31)


def test_register_columns_are_coded_and_missing_cells_are_nan(planted):
    teachers = pd.DataFrame({
        "teacher_id": ["T1", "T2", "T3"], "school_id": "S", "role": ["teacher", "principal", "teacher"],
        "stage": ["primary", "senior", "kindergarten"], "subject": "语文", "ladder_step": ["T3", "P2", None],
        "weekly_lessons": [12, None, 8], "start_date": pd.to_datetime(["2023-09-01", "2001-09-01", None]),
    })  # fmt: skip
    tables = Tables({"teachers": typed_frame("teachers", teachers)})
    values = TeacherFeatures()(take_snapshot(tables, planted(tables, AS_OF)))
    nan = np.nan
    expected = [[1, 0, 3, 12, 1], [3, 1, 2, nan, 0], [0, 0, nan, 8, nan]]
    np.testing.assert_array_equal(values[:, :5], expected)
    assert np.isnan(values[:, 5:]).all()  # no competencies, no standing


def test_means_count_only_the_mask():
    values, mask = np.array([[1.0, 3.0], [5.0, 7.0]]), np.array([[True, True], [False, False]])
    np.testing.assert_array_equal(mean_where(values, mask), [2.0, np.nan])
