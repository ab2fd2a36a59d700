"""Days away from school: each school has a pool, so many days times its teachers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.planning.constraints.constraint import NumberConstraint, PriceKind, ShadowPrice, SolvedDuals
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Amount, FormField


@register
class ReleaseDays(NumberConstraint):
    """A row a school, in days."""

    key = "release_days_per_teacher"
    order = 30
    value_type = Amount
    form = FormField("release_days_per_teacher", "number", "planning.form_release_days")
    label = "planning.limit_release_days"
    price_kinds = (
        PriceKind("release_days_per_teacher", "day each", "planning.limit_release_days"),
        PriceKind("release_days", "day", "planning.limit_school_days"),
    )

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        """value: days a teacher."""
        if value is None:
            return
        district = builder.district
        pool = value * np.bincount(district.school, minlength=len(district.school_ids))
        keys = tuple(map(str, district.school_ids))
        days = district.number("release_days")
        builder.add(LinearConstraints(self.key, keys, pool.astype(np.float64), days, teacher_row=district.school))

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """One day more a teacher everywhere, then one day more for a school."""
        if value is None:
            return
        (block,) = solved.problem.blocks(self.key)
        price, size = solved.duals.constraints[self.key], solved.school_size
        yield self.price(0, "", float((price * size).sum()))
        yield from self.row_prices(1, block.keys, price, size)
