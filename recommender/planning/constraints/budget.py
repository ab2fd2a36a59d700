"""Fixed cost of every opened course plus the cost of every seat, within the budget (yuan)."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.district import District
from recommender.planning.problem.linear_constraints import LinearConstraints


def budget_rows(district: District, yuan: float) -> LinearConstraints:
    """One row."""
    return LinearConstraints(
        "budget",
        ("",),
        np.array([yuan]),
        district.number("seat_cost"),
        open_use=district.number("fixed_cost"),
    )
