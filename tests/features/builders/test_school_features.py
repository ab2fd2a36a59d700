"""Features of schools are those of their organization and their teachers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.builders.school_features import SchoolFeatures
from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame

AS_OF = date(2025, 8, 31)


def test_teachers_share_the_columns_of_their_school(planted):
    frames = {
        "organizations": pd.DataFrame({
            "org_id": ["S1"], "kind": "school", "location": "rural", "disadvantage": 0.4,
        }),
        "teachers": pd.DataFrame({"teacher_id": ["T1", "T2", "T3"], "school_id": ["S1", "S1", "S9"]}),
        "enrolments": pd.DataFrame({
            "teacher_id": ["T1", "T1", "T3"], "course_id": ["K1", "K2", "K1"], "status": "completed",
            "requested_on": pd.to_datetime(["2025-01-01", "2025-02-01", "2022-01-01"]),
        }),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    values = SchoolFeatures()(take_snapshot(tables, planted(tables, AS_OF)))
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[:, 0], [2, 2, np.nan])
    np.testing.assert_array_equal(values[:, 1], [0.4, 0.4, np.nan])
    np.testing.assert_allclose(values[:, 2], np.log([2, 2, 1]))
    np.testing.assert_array_equal(values[:, 4], [1, 1, 0])  # of the last year, a teacher
