"""Features of a teacher's school."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from features.builders.builder import Array, FeatureColumn
from features.builders.teacher_features import mean_where
from features.snapshot import Snapshot

LOCATION_ORDER: Final = {"urban": 0.0, "town": 1.0, "rural": 2.0}
YEAR: Final = pd.Timedelta(days=365)


@dataclass(frozen=True)
class SchoolFeatures:
    """(N, 5), the same for all teachers of a school."""

    name: str = "school"
    kind: Literal["teacher"] = "teacher"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn("location_by_school", "0..2", "学校城乡类型", "urban, town or rural"),
        FeatureColumn("disadvantage_by_school", "0..1", "学校薄弱程度", "disadvantage"),
        FeatureColumn("teachers_count_by_school", "log teachers", "学校教师人数", "teachers at the school"),
        FeatureColumn("standing_mean_by_school", "teacher-SD", "全校能力平均估计", "standing of the school"),
        FeatureColumn(
            "enrolments_mean_by_school_365d", "courses", "全校近一年人均选课", "courses a teacher, last year"
        ),
    )

    def __call__(self, snapshot: Snapshot) -> Array:
        """(N, 5)"""
        schools = snapshot.tables["organizations"].set_index("org_id")
        own = snapshot.tables["teachers"]["school_id"]
        school = snapshot.school_of
        size = np.bincount(school).astype(np.float64)
        standing = mean_where(snapshot.needs.mean, snapshot.needs.applies)
        has_mean = ~np.isnan(standing)
        count = np.bincount(school, has_mean, len(size))
        total = np.bincount(school, np.where(has_mean, standing, 0.0), len(size))
        recent = snapshot.enrolments
        recent = recent[recent["requested_on"] > pd.Timestamp(snapshot.as_of) - YEAR]
        enrolments = np.bincount(school[recent["t"].to_numpy(np.intp)], minlength=len(size))
        return np.column_stack([
            own.map(schools["location"]).map(LOCATION_ORDER).to_numpy(dtype=np.float64),
            own.map(schools["disadvantage"]).to_numpy(dtype=np.float64),
            np.log(np.maximum(size, 1.0))[school],
            np.where(count > 0, total / np.maximum(count, 1.0), np.nan)[school],
            (enrolments / np.maximum(size, 1.0))[school],
        ])  # fmt: skip
