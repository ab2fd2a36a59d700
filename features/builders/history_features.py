"""Features from past enrolments of teachers and courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from features.builders.builder import Array, FeatureColumn, Index
from features.snapshot import ENDED, Snapshot

YEAR: Final = pd.Timedelta(days=365)
PRIOR_COUNT: Final = 5.0  # weight of the overall share, in enrolments
SETTLED_AFTER: Final = pd.Timedelta(days=180)  # from request until either ending could have happened


@dataclass(frozen=True)
class TeacherHistory:
    """(N, 3)"""

    name: str = "teacher_history"
    kind: Literal["teacher"] = "teacher"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn("enrolments_count_by_teacher_365d", "courses", "近一年选课数", "courses, last year"),
        FeatureColumn("enrolments_count_by_teacher_3y", "courses", "近三年选课数", "courses, three years"),
        FeatureColumn("completion_share_by_teacher_all", "0..1", "以往完成率", "share completed so far"),
    )

    def __call__(self, snapshot: Snapshot) -> Array:
        """(N, 3)"""
        taken, n = snapshot.enrolments, len(snapshot.teacher_ids)
        now = pd.Timestamp(snapshot.as_of)
        t = taken["t"].to_numpy(np.intp)
        day = taken["requested_on"]
        return np.column_stack([
            np.bincount(t[(day > now - YEAR).to_numpy()], minlength=n),
            np.bincount(t[(day > now - 3 * YEAR).to_numpy()], minlength=n),
            completion_share(taken, t, n, now),
        ]).astype(np.float64)  # fmt: skip


@dataclass(frozen=True)
class CourseHistory:
    """(C, 3). Popularity is a feature of the ranker; it is never a label of gain."""

    name: str = "course_history"
    kind: Literal["course"] = "course"
    columns: tuple[FeatureColumn, ...] = (
        FeatureColumn(
            "enrolments_count_by_course_365d", "log enrolments", "近一年选课人数", "enrolments, last year"
        ),
        FeatureColumn("completion_share_by_course_all", "0..1", "以往完成率", "share completed so far"),
        FeatureColumn("rating_mean_by_course_all", "1..5", "学员评分", "rating by past learners"),
    )

    def __call__(self, snapshot: Snapshot) -> Array:
        """(C, 3)"""
        count = len(snapshot.course_ids)
        taken = snapshot.enrolments
        taken = taken[taken["c"] >= 0]
        c = taken["c"].to_numpy(np.intp)
        now = pd.Timestamp(snapshot.as_of)
        recent = (taken["requested_on"] > now - YEAR).to_numpy()
        rating = taken["rating"].to_numpy(np.float64)
        rated = ~np.isnan(rating)
        ratings = np.bincount(c[rated], minlength=count).astype(np.float64)
        total = np.bincount(c[rated], rating[rated], count)
        return np.column_stack([
            np.log1p(np.bincount(c[recent], minlength=count)),
            completion_share(taken, c, count, now),
            np.where(ratings > 0, total / np.maximum(ratings, 1.0), np.nan),
        ])  # fmt: skip


def completion_share(taken: pd.DataFrame, unit: Index, units: int, now: pd.Timestamp) -> Array:
    """(units,) completed of all that ended, shrunk towards the overall share; NaN where no enrolment ended.

    Only enrolments requested SETTLED_AFTER ago or earlier count. A withdrawal carries no date of its own and
    is recorded sooner than a completion: of recent requests it would leak what was unknown at `now`.
    """
    settled = (taken["requested_on"] <= now - SETTLED_AFTER).to_numpy(dtype=bool)
    done = ((taken["status"] == "completed").to_numpy(dtype=bool) & settled).astype(np.float64)
    ended = (taken["status"].isin(ENDED).to_numpy(dtype=bool) & settled).astype(np.float64)
    if not ended.sum():
        return np.full(units, np.nan)
    average = done.sum() / ended.sum()
    done_by_unit, ended_by_unit = np.bincount(unit, done, units), np.bincount(unit, ended, units)
    return np.asarray(
        (done_by_unit + PRIOR_COUNT * average) / (ended_by_unit + PRIOR_COUNT), dtype=np.float64
    )
