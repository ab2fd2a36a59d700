"""Hours of a teacher within the plan: not more than a cap.

Two families of redundant rows tighten the relaxation: of courses longer than a half (a third) of the cap nobody can
take more than one (two).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.planning.constraints.constraint import NumberConstraint, PriceKind, ShadowPrice, SolvedDuals
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Amount, FormField

PARTS = (2, 3)
ROUNDING = 1e-9  # hours


@register
class MaxHours(NumberConstraint):
    """A row a teacher, and the redundant ones."""

    key = "max_hours_per_teacher"
    order = 20
    value_type = Amount
    form = FormField("max_hours_per_teacher", "number", "planning.form_max_hours")
    label = "planning.limit_max_hours"
    price_kinds = (PriceKind("max_hours_per_teacher", "hour each", "planning.limit_max_hours"),)
    price_order = 55

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        """Courses that alone are longer than the cap are excluded."""
        if value is None:
            return
        district = builder.district
        everybody = np.arange(len(district.people))
        keys = tuple(map(str, district.teacher_ids))
        hours = district.number("hours")
        cap = np.full(len(keys), value, np.float64)
        builder.add(LinearConstraints(self.key, keys, cap, hours, teacher_row=everybody))
        for part in PARTS:
            long = (hours > value / part + ROUNDING).astype(np.float64)
            most = np.full(len(keys), part - 1.0)
            builder.add(LinearConstraints(f"{self.key}/{part}", keys, most, long, teacher_row=everybody))
        builder.excluded |= (hours > value + ROUNDING)[district.pairs.course]

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """One hour more for everybody."""
        if value is not None:
            total = sum(float(price.sum()) for price in solved.duals.of(self.key).values())
            yield self.price(0, "", total)
