"""Courses' own tests: rises from before to after, informative about differences between courses only.

A completer's score minus its prediction from her score before and her diagnosed standing, in teacher-SD units:

    rise = offset + z x effect + noise,     z = sum over goals of share^2 x readiness

`effect` is what the course adds to all its goals together, so their weighted average rises by the sum of squared
shares. The offset (a second test is easier, marks are kind) is common to all courses and unknown: tests
compare courses with each other and prove of no course that it works. Scale: slope of scores before the course on
the posterior mean of ability, which has no attenuation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import SCHOOL_MINIMUM
from features.gap_closure import GoalTable, readiness, teacher_levels
from features.snapshot import Snapshot

Array = NDArray[np.float64]
FEWEST: Final = 60  # scores before a course, to estimate the scale; completers with a score


@dataclass(frozen=True)
class PrePostSums:
    """(C,) each: precision-weighted sums over a course's people of z^2, z, z y, 1 and y, for normal equations."""

    zz: Array
    z: Array
    zy: Array
    w: Array
    y: Array

    @classmethod
    def of(cls, course: NDArray[np.intp], z: Array, y: Array, variance: Array, courses: int) -> PrePostSums:
        """From n people: course, z, y and error variance, (n,) each."""
        w = 1.0 / variance
        parts = (w * z * z, w * z, w * y * z, w, w * y)
        return cls(*(np.bincount(course, k, courses).astype(np.float64) for k in parts))

    @classmethod
    def empty(cls, courses: int) -> PrePostSums:
        """Sums over no people."""
        return cls(*(np.zeros(courses) for _ in range(5)))


def pre_post_sums(snapshot: Snapshot, members: NDArray[np.bool_]) -> PrePostSums:
    """Of the members' tests known in `snapshot`; empty where they are too few or unrelated to ability.

    The scores of fewer than SCHOOL_MINIMUM completers say nothing about their course: its effect stands on the cards of
    others.
    """
    needs, table, courses = snapshot.needs, GoalTable(snapshot), len(snapshot.course_ids)
    rows = snapshot.enrolments
    rows = rows[(rows["c"] >= 0) & members[rows["t"].to_numpy(np.intp)]]
    level, level_sd = teacher_levels(needs.mean, needs.sd)

    def standing(people: pd.DataFrame) -> Array:
        t, c = people["t"].to_numpy(np.intp), people["c"].to_numpy(np.intp)
        return np.asarray((table.share[c] * table.of(needs.mean, t, c)).sum(axis=1), dtype=np.float64)

    before = rows[rows["pre_score"].notna()]
    after = rows[(rows["status"] == "completed") & rows["score"].notna()]
    after = after[after.groupby("course_id")["course_id"].transform("size") >= SCHOOL_MINIMUM]
    if min(len(before), len(after)) < FEWEST:
        return PrePostSums.empty(courses)
    ability = standing(before)
    scale, intercept = np.polyfit(ability, before["pre_score"].to_numpy(np.float64), 1)
    error = before["pre_score"].to_numpy(np.float64) - scale * ability - intercept
    if scale < 3.0 * error.std() / np.sqrt(len(ability) * max(float(ability.var()), 1e-9)):
        return PrePostSums.empty(courses)
    t, c = after["t"].to_numpy(np.intp), after["c"].to_numpy(np.intp)
    score, first = after["score"].to_numpy(np.float64), after["pre_score"].to_numpy(np.float64) - intercept
    now, y, variance = standing(after), np.zeros(len(after)), np.ones(len(after))
    for part, columns in (
        (~np.isnan(first), np.column_stack([first, now])), (np.isnan(first), now[:, None]),
    ):  # fmt: skip
        if not part.any():
            continue
        x, course = columns[part], c[part]
        residual = _within(score[part][:, None], course)[:, 0]
        slope = np.linalg.lstsq(_within(x, course), residual, rcond=None)[0]
        y[part] = (score[part] - intercept - x @ slope) / scale
        variance[part] = max(float(np.var(_within(y[part][:, None], course))), 1e-3)
    ready = readiness(table.level[c], table.of(level, t, c), table.of(level_sd, t, c))
    z = (table.share[c] ** 2 * ready).sum(axis=1)
    return PrePostSums.of(c, z, y, variance, courses)


def _within(values: Array, group: NDArray[np.intp]) -> Array:
    """(n, d) centred on each row's group mean."""
    means = pd.DataFrame(values).groupby(group).transform("mean")
    return np.asarray(values - means.to_numpy(), dtype=np.float64)
