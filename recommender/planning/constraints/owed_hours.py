"""Hours still owed, by category and running cycle: each hour that counts adds a little to the objective."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.linear_constraints import CountVariables
from recommender.planning.problem.owed_by_category import CATEGORIES
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Setting, Share


@register
class OwedHoursConstraint(Setting[float]):
    """Count variables by category and over all; hours beyond what is owed or after the cycle add nothing."""

    key = "owed_hours_worth"
    order = 140
    value_type = Share
    default = 0.0

    def formulate(self, value: float, builder: ProblemBuilder) -> None:
        """value: teacher-SD an hour; one that counts in its category and over all counts fully."""
        if not value:
            return
        district = builder.district
        hours, owed = district.number("hours"), district.hours.countable
        kind, counts = district.hours.counting(district.courses)
        teachers, half = np.arange(len(owed)), value / 2
        *categories, _ = CATEGORIES
        table = np.full(counts.shape[:2], -1, np.intp)
        for i, _ in enumerate(categories):  # a course is of one category, so that at most one of them writes a cell
            table[counts[:, :, i]] = i
        table = np.where(table >= 0, teachers[:, None] * len(categories) + table, -1)
        caps = owed[:, :-1].ravel()
        builder.count(CountVariables("owed hours by category", kind, table, hours, caps, np.full(caps.size, half)))
        overall = np.where(counts[:, :, -1], teachers[:, None], -1)
        builder.count(CountVariables("owed hours", kind, overall, hours, owed[:, -1], np.full(len(owed), half)))
