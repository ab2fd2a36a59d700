"""At least a share of each school's teachers get a seat."""

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
from recommender.planning.constraints.reached_share import add_reached_share
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import FormField, Share


@register
class SchoolFloor(NumberConstraint):
    """A row a school."""

    key = "floor_share_per_school"
    order = 40
    value_type = Share
    form = FormField("floor_percent", "percent", "planning.form_school_floor")
    label = "planning.limit_school_floor"
    price_kinds = (
        PriceKind("floor_share_per_school", "teacher fewer", "planning.limit_school_floor", "planning.price_fewer"),
    )
    share = True
    raised = False

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        """value: the share."""
        if value:
            district = builder.district
            size = np.bincount(district.school, minlength=len(district.school_ids))
            keys = tuple(map(str, district.school_ids))
            add_reached_share(builder, self.key, keys, value, size, district.school)

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """One teacher fewer in a school."""
        for block in solved.problem.blocks(self.key):
            yield from self.row_prices(0, block.keys, solved.duals.constraints[block.name], solved.school_size)

    def relaxables(self, value: float | None) -> Iterator[Relaxable[Any]]:
        """The share, where it asks for anything."""
        return super().relaxables(value or None)
