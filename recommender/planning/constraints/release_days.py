"""Days away from school: each school has a pool, so many days times its teachers."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.linear_constraints import LinearConstraints


def release_rows(district: District, limits: Limits) -> list[LinearConstraints]:
    """A row a school, in days."""
    if limits.release_days_per_teacher is None:
        return []
    pool = limits.release_days_per_teacher * np.bincount(district.school, minlength=len(district.school_ids))
    keys = tuple(map(str, district.school_ids))
    days = district.number("release_days")
    return [LinearConstraints("release_days", keys, pool.astype(np.float64), days, teacher_row=district.school)]
