"""Fixed cost of every opened course plus the cost of every seat, within the budget (yuan)."""

from __future__ import annotations

import numpy as np

from recommender.plan.district import District
from recommender.plan.rows import Rows


def budget_rows(district: District, yuan: float) -> Rows:
    """One row."""
    return Rows(
        "budget",
        ("",),
        np.array([yuan]),
        district.number("seat_cost"),
        open_use=district.number("fixed_cost"),
    )
