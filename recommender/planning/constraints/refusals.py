"""Courses that a teacher refused before are not offered to her again."""

from __future__ import annotations

from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import Setting, Switch


@register
class KeepRefusals(Setting[bool]):
    """Excludes refused pairs."""

    key = "keep_refusals"
    order = 150
    value_type = Switch
    default = True

    def formulate(self, value: bool, builder: ProblemBuilder) -> None:
        """value: whether refusals are kept."""
        if value:
            builder.excluded |= builder.district.refused
