"""Courses that open whatever they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.constraints.constraint import (
    LEAST,
    Constraint,
    PriceKind,
    Relaxable,
    ShadowPrice,
    SolvedDuals,
)
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.plan_problem import OPEN
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import FormField, Ids, Reference


@register
class MustOpen(Constraint[tuple[str, ...]]):
    """Fixes the state of courses."""

    key = "must_open"
    order = 70
    value_type = Ids
    default = ()
    form = FormField("must_open", "ids", "planning.form_must_open")
    label = "planning.limit_must_open"
    price_kinds = (PriceKind("must_open", "course", "planning.limit_must_open", "planning.price_cost"),)

    def formulate(self, value: tuple[str, ...], builder: ProblemBuilder) -> None:
        """value: course ids."""
        builder.open_courses += value

    def prices(self, value: tuple[str, ...], solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """What each course that must open, or is open for somebody fixed in it, costs."""
        if solved.solution.plan is None:
            return
        profit, state = solved.relaxed.profit, solved.problem.state
        for c in np.flatnonzero((state == OPEN) & np.isfinite(profit)):
            if profit[c] < -LEAST and solved.seats[c] >= DISTRICT_MINIMUM:
                yield self.price(0, str(solved.district.course_ids[c]), float(-profit[c]))

    def relaxables(self, value: tuple[str, ...]) -> Iterator[Relaxable[tuple[str, ...]]]:
        """Each course."""
        for course in value:
            yield Relaxable(self.key, course, None, partial(_without, course))

    def references(self, value: tuple[str, ...]) -> Iterator[Reference]:
        """The courses."""
        return (Reference("course", course) for course in value)


def _without(course: str, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(other for other in value if other != course)
