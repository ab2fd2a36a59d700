"""Courses of a teacher within the plan: not more than a cap."""

from __future__ import annotations

from collections.abc import Iterator

from recommender.planning.constraints.constraint import NumberConstraint, PriceKind, ShadowPrice, SolvedDuals
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import FormField, Whole


@register
class MaxCourses(NumberConstraint):
    """The solvers have it built in: `PlanProblem.max_courses` and `Duals.teacher`."""

    key = "max_courses_per_teacher"
    order = 10
    value_type = Whole
    form = FormField("max_courses_per_teacher", "number", "planning.form_max_courses", "1")
    label = "planning.limit_max_courses"
    price_kinds = (PriceKind("max_courses_per_teacher", "course each", "planning.limit_max_courses"),)
    whole = True

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        """value: courses each."""
        if value is not None:
            builder.max_courses = float(value)

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """One course more for everybody."""
        if value is not None:
            yield self.price(0, "", float(solved.duals.teacher.sum()))
