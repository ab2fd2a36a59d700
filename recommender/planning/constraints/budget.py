"""Fixed cost of every opened course plus the cost of every seat, within the budget (yuan)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from recommender.planning.constraints.constraint import (
    NumberConstraint,
    PriceKind,
    Relaxable,
    ShadowPrice,
    SolvedDuals,
)
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.plan_problem import BUDGET
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Amount

STEP = 10_000  # yuan that the budget is priced by
UNLIMITED = 1e15  # yuan


@register
class Budget(NumberConstraint):
    """One row. Asked for beside the limits, so no key of theirs."""

    key = BUDGET
    order = 0
    value_type = Amount
    label = "planning.limit_budget"
    price_kinds = (PriceKind("budget", f"{STEP} yuan", "planning.limit_budget", "planning.price_budget"),)
    in_limits = False
    whole = True

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        """value: yuan."""
        district = builder.district
        limit = np.array([builder.yuan])
        seat_cost, fixed_cost = district.number("seat_cost"), district.number("fixed_cost")
        builder.add(LinearConstraints(self.key, ("",), limit, seat_cost, open_coef=fixed_cost))

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """Always told, also where it is 0."""
        yield self.price(0, "", float(solved.duals.constraints[self.key][0]) * STEP)

    def relaxables(self, value: float | None) -> Iterator[Relaxable[Any]]:
        """The budget in yuan."""
        if value is not None:
            yield Relaxable(self.key, "", value, lambda yuan: UNLIMITED, self._at, True, True)

    def _at(self, old: float | None, value: float) -> float:
        return value
