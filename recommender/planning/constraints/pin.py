"""Pairs of a teacher and a course that are given a seat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from recommender.planning.constraints.constraint import Constraint, Relaxable
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.problem_builder import PairIds, ProblemBuilder
from recommender.planning.problem.setting import Pairs, Reference


@register
class Pin(Constraint[tuple[PairIds, ...]]):
    """Fixes pairs; goes before a refusal, not before eligibility."""

    key = "pin"
    order = 90
    value_type = Pairs
    default = ()
    label = "planning.limit_pin"

    def formulate(self, value: tuple[PairIds, ...], builder: ProblemBuilder) -> None:
        """value: (teacher, course) ids."""
        builder.fixed_pairs += value

    def relaxables(self, value: tuple[PairIds, ...]) -> Iterator[Relaxable[tuple[PairIds, ...]]]:
        """The pairs of one course together."""
        for course in dict.fromkeys(course for _, course in value):
            yield Relaxable(self.key, course, None, partial(_without, course))

    def references(self, value: tuple[PairIds, ...]) -> Iterator[Reference]:
        """Both ids."""
        for teacher, course in value:
            yield Reference("course", course)
            yield Reference("teacher", teacher)


def _without(course: str, value: tuple[PairIds, ...]) -> tuple[PairIds, ...]:
    return tuple(pair for pair in value if pair[1] != course)
