"""Hours of a teacher within the plan: not more than a cap.

Said twice so that the relaxation stays close: of courses longer than a half (a third) of the cap nobody can
take more than one (two).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.linear_constraints import LinearConstraints


def too_long(district: District, limits: Limits) -> NDArray[np.bool_]:
    """(C,) courses that nobody can take, because they alone are longer than the cap."""
    if limits.max_hours_per_teacher is None:
        return np.zeros(len(district.courses), bool)
    return np.asarray(district.number("hours") > limits.max_hours_per_teacher + 1e-9)


def hours_rows(district: District, limits: Limits) -> list[LinearConstraints]:
    """A row a teacher, and what follows from it."""
    everybody = np.arange(len(district.people))
    keys = tuple(map(str, district.teacher_ids))
    hours = district.number("hours")
    found = []
    if limits.max_hours_per_teacher is not None:
        most = np.full(len(keys), limits.max_hours_per_teacher)
        found.append(LinearConstraints("max_hours_per_teacher", keys, most, hours, teacher_row=everybody))
        for part in (2, 3):
            long = (hours > limits.max_hours_per_teacher / part + 1e-9).astype(np.float64)
            few = np.full(len(keys), part - 1.0)
            found.append(LinearConstraints("max_hours_per_teacher", keys, few, long, teacher_row=everybody))
    return found
