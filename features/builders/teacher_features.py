"""Features of a teacher: post, ladder step, lessons, reliability of her needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.builders.builder import Array, FeatureColumn
from features.snapshot import Snapshot

STAGE_ORDER: Final = {"kindergarten": 0.0, "primary": 1.0, "junior": 2.0, "senior": 3.0}
NEW_WITHIN: Final = 3  # years since the first post


@dataclass(frozen=True)
class TeacherFeatures:
    """(N, 7)"""

    name: str = "teacher"
    kind: Literal["teacher"] = "teacher"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn("stage_by_teacher", "0..3", "学段", "stage"),
        FeatureColumn("principal_by_teacher", "0/1", "是否校长", "is a principal"),
        FeatureColumn("ladder_step_by_teacher", "step", "发展梯级", "step of the ladder"),
        FeatureColumn("lessons_by_teacher_week", "lessons", "周课时", "lessons a week"),
        FeatureColumn("newcomer_by_teacher", "0/1", "是否新任教师", "new to the profession"),
        FeatureColumn("standing_mean_by_teacher", "teacher-SD", "各项能力平均估计", "average standing"),
        FeatureColumn("reliability_mean_by_teacher", "0..1", "诊断信度平均", "reliability of the diagnosis"),
    )

    def __call__(self, snapshot: Snapshot) -> Array:
        """(N, 7)"""
        teachers, needs = snapshot.tables["teachers"], snapshot.needs
        newest = pd.Timestamp(snapshot.as_of) - pd.DateOffset(years=NEW_WITHIN)
        started = teachers["start_date"]
        new = np.where(started.isna(), np.nan, (started > newest).to_numpy(dtype=np.float64))
        return np.column_stack([
            teachers["stage"].map(STAGE_ORDER).to_numpy(dtype=np.float64),
            (teachers["role"] == "principal").to_numpy(dtype=np.float64),
            pd.to_numeric(teachers["ladder_step"].str[1:]).to_numpy(dtype=np.float64),
            teachers["weekly_lessons"].to_numpy(dtype=np.float64),
            new,
            mean_where(needs.mean, needs.applies),
            mean_where(needs.reliability, needs.applies),
        ])  # fmt: skip


def mean_where(values: Array, mask: NDArray[np.bool_]) -> Array:
    """(N,) mean over the columns in `mask` (N, K), NaN where there is none."""
    count = mask.sum(axis=1)
    total = np.where(mask, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
