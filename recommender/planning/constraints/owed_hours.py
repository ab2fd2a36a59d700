"""Hours still owed, by category and running cycle: each hour that counts adds a little to what a plan is worth."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.district import ANY, District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.linear_constraints import CountVariables


def owed_tallies(district: District, limits: Limits) -> list[CountVariables]:
    """One by category and one over all; hours beyond what is owed add nothing."""
    if not limits.owed_hours_worth:
        return []
    names = list(district.categories)
    kind = np.array([names.index(c) if c in names else -1 for c in district.courses["category"].astype(str)])
    teachers, width = district.owed.shape
    table = np.arange(teachers * width).reshape(teachers, width)
    hours = district.number("hours")
    own = district.owed.copy()
    own[:, names.index(ANY)] = 0.0
    every = np.zeros(len(district.courses), np.intp)
    worth = limits.owed_hours_worth / 2  # an hour that counts in its category and over all counts fully
    return [
        CountVariables("owed hours by category", kind, table, hours, own.ravel(), np.full(own.size, worth)),
        CountVariables(
            "owed hours", every, np.arange(teachers)[:, None], hours, district.owed[:, names.index(ANY)],
            np.full(teachers, worth),
        ),
    ]  # fmt: skip
