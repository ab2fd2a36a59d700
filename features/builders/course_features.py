"""Features of a course from its catalogue entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from features.builders.builder import Array, FeatureColumn
from features.snapshot import Snapshot
from features.tables import split_list

FORMS: Final = ("lecture", "workshop", "practice", "coaching", "studio")
MODES: Final = {"online": 0.0, "blended": 1.0, "offline": 2.0}
OWNERS: Final = {"national": 0.0, "province": 1.0, "city": 2.0, "district": 3.0, "school": 4.0}
GRADES: Final = {"D": 1.0, "C": 2.0, "B": 3.0, "A": 4.0}


@dataclass(frozen=True)
class CourseFeatures:
    """(C, 14)"""

    name: str = "course"
    kind: Literal["course"] = "course"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn("lecture_by_course", "0/1", "讲座", "lecture"),
        FeatureColumn("workshop_by_course", "0/1", "工作坊", "workshop"),
        FeatureColumn("practice_by_course", "0/1", "实践研修", "practice"),
        FeatureColumn("coaching_by_course", "0/1", "教练指导", "coaching"),
        FeatureColumn("studio_by_course", "0/1", "名师工作室", "studio"),
        FeatureColumn("presence_by_course", "0..2", "线上到线下", "online to on site"),
        FeatureColumn("owner_by_course", "0..4", "课程级别", "national to school"),
        FeatureColumn("hours_by_course", "hours", "学时", "hours"),
        FeatureColumn("release_days_by_course", "days", "脱产天数", "release days"),
        FeatureColumn("seats_max_by_course", "log seats", "最多人数", "most seats"),
        FeatureColumn("mechanisms_count_by_course", "0..4", "机制数", "mechanisms"),
        FeatureColumn("grade_by_course", "1..4", "证据等级", "grade of evidence"),
        FeatureColumn("level_mean_by_course", "1..4", "目标水平", "level of its goals"),
        FeatureColumn("goals_count_by_course", "goals", "目标数", "number of goals"),
    )

    def __call__(self, snapshot: Snapshot) -> Array:
        """(C, 14)"""
        courses = snapshot.tables["courses"]
        level = snapshot.levels
        has_level = ~np.isnan(level)
        share = np.where(has_level, snapshot.goals, 0.0)
        weight = share.sum(axis=1)
        mean = (share * np.nan_to_num(level)).sum(axis=1) / np.where(weight > 0, weight, 1.0)
        mechanisms = courses["mechanisms"].map(split_list).map(len).to_numpy(dtype=np.float64)
        return np.column_stack([
            *((courses["form"] == form).to_numpy(dtype=np.float64) for form in FORMS),
            courses["mode"].map(MODES).to_numpy(dtype=np.float64),
            courses["owner_level"].map(OWNERS).to_numpy(dtype=np.float64),
            courses["hours"].to_numpy(dtype=np.float64),
            courses["release_days"].to_numpy(dtype=np.float64),
            np.log(np.maximum(courses["max_seats"].to_numpy(dtype=np.float64), 1.0)),
            np.where(mechanisms > 0, mechanisms, np.nan),
            courses["evidence_grade"].map(GRADES).to_numpy(dtype=np.float64),
            np.where(weight > 0, mean, np.nan),
            (snapshot.goals > 0).sum(axis=1).astype(np.float64),
        ])  # fmt: skip
