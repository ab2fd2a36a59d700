"""Courses that do not open, and pairs of a teacher and a course that get no seat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from recommender.planning.constraints.constraint import (
    LEAST,
    Constraint,
    PriceKind,
    Relaxable,
    ShadowPrice,
    SolvedDuals,
)
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.plan_problem import FREE, SHUT
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import FormField, Reference, pair_of
from recommender.planning.solver.lagrangian import LagrangianRelaxation

Forbidden = tuple[str | tuple[str, str], ...]


def courses_of(value: Forbidden) -> tuple[str, ...]:
    """The course ids among them."""
    return tuple(item for item in value if isinstance(item, str))


def pairs_of(value: Forbidden) -> tuple[tuple[str, str], ...]:
    """The (teacher, course) ids among them."""
    return tuple(item for item in value if not isinstance(item, str))


def _items(value: Any) -> Forbidden:
    """Courses first."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise PydanticCustomError("planning.accepts_forbidden", "course ids or pairs")
    read = tuple(item if isinstance(item, str) else pair_of(item) for item in items)
    return (*courses_of(read), *pairs_of(read))


@register
class Forbid(Constraint[Forbidden]):
    """Fixes the state of courses and closes pairs."""

    key = "forbid"
    order = 80
    value_type = Annotated[Forbidden, BeforeValidator(_items)]
    default = ()
    form = FormField("forbid", "ids", "planning.form_forbid")
    label = "planning.limit_forbid"
    price_kinds = (PriceKind("forbid", "course", "planning.limit_forbid", "planning.price_cost"),)

    def formulate(self, value: Forbidden, builder: ProblemBuilder) -> None:
        """value: course ids and pairs."""
        builder.forbidden_courses += courses_of(value)
        builder.forbidden_pairs += pairs_of(value)

    def prices(self, value: Forbidden, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """What each forbidden course would bring at these duals if it were allowed."""
        problem = solved.problem
        shut = np.flatnonzero(problem.state == SHUT)
        if not len(shut):
            return
        allowed = replace(
            problem, state=np.full(problem.pairs.courses, FREE, np.int8),
            forbidden=~np.isin(problem.pairs.course, shut), fixed=np.zeros_like(problem.fixed),
        )  # fmt: skip
        profit = LagrangianRelaxation(allowed).solve(solved.duals).profit
        for c in shut:
            if np.isfinite(profit[c]) and profit[c] > LEAST:
                yield self.price(0, str(solved.district.course_ids[c]), float(profit[c]))

    def relaxables(self, value: Forbidden) -> Iterator[Relaxable[Forbidden]]:
        """Each course, and the pairs together."""
        for course in courses_of(value):
            yield Relaxable(self.key, course, None, partial(_without, course))
        if pairs_of(value):
            yield Relaxable(self.key, "pairs", None, courses_of)

    def references(self, value: Forbidden) -> Iterator[Reference]:
        """The courses, and both ids of pairs."""
        yield from (Reference("course", course) for course in courses_of(value))
        for teacher, course in pairs_of(value):
            yield Reference("course", course)
            yield Reference("teacher", teacher)


def _without(course: str, value: Forbidden) -> Forbidden:
    return tuple(item for item in value if item != course)
