"""Hours still owed, by category and running cycle: each hour that counts adds a little to the objective."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.district import ANY
from recommender.planning.problem.linear_constraints import CountVariables
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Setting, Share


@register
class OwedHoursConstraint(Setting[float]):
    """Count variables by category and over all; hours beyond what is owed add nothing."""

    key = "owed_hours_worth"
    order = 140
    value_type = Share
    default = 0.0

    def formulate(self, value: float, builder: ProblemBuilder) -> None:
        """value: teacher-SD an hour; one that counts in its category and over all counts fully."""
        if not value:
            return
        district = builder.district
        names = list(district.categories)
        kind = np.array([names.index(c) if c in names else -1 for c in district.courses["category"].astype(str)])
        teachers, width = district.owed.shape
        table = np.arange(teachers * width).reshape(teachers, width)
        hours = district.number("hours")
        owed = district.owed.copy()
        owed[:, names.index(ANY)] = 0.0
        overall = district.owed[:, names.index(ANY)]
        half = value / 2
        builder.count(
            CountVariables("owed hours by category", kind, table, hours, owed.ravel(), np.full(owed.size, half))
        )
        builder.count(
            CountVariables(
                "owed hours", np.zeros(len(district.courses), np.intp), np.arange(teachers)[:, None], hours,
                overall, np.full(teachers, half),
            )
        )  # fmt: skip
