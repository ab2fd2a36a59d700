"""Named lists: these teachers get a seat in a course; with `only` nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from recommender.planning.constraints.constraint import Constraint, Relaxable
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import AnyTables, Ids, Reference, Switch


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and value else value


class NamedList(BaseModel):
    """name defaults to the course."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, BeforeValidator(str)] = ""
    course: Annotated[str, BeforeValidator(_first)]
    teachers: Ids
    only: Switch = False

    @model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "name" in content:
            return content
        return {**content, "name": str(content.get("course", ""))}


@register
class NamedListsConstraint(Constraint[tuple[NamedList, ...]]):
    """Fixes the pairs of a list, and excludes all others of its course with `only`."""

    key = "list"
    order = 100
    value_type = Annotated[tuple[NamedList, ...], AnyTables]
    default = ()
    label = "planning.limit_list"

    def formulate(self, value: tuple[NamedList, ...], builder: ProblemBuilder) -> None:
        """value: the lists."""
        district = builder.district
        for named in value:
            builder.fixed_pairs += [(teacher, named.course) for teacher in named.teachers]
            if named.only:
                course = int(np.flatnonzero(district.course_ids == named.course)[0])
                builder.excluded |= district.pairs.course == course

    def relaxables(self, value: tuple[NamedList, ...]) -> Iterator[Relaxable[tuple[NamedList, ...]]]:
        """Each list."""
        for named in value:
            yield Relaxable(self.key, named.name, None, partial(_without, named.name))

    def references(self, value: tuple[NamedList, ...]) -> Iterator[Reference]:
        """Courses and teachers."""
        for named in value:
            yield Reference("course", named.course)
            yield from (Reference("teacher", teacher) for teacher in named.teachers)

    def _table_keys(self) -> tuple[str, ...]:
        return tuple(NamedList.model_fields)


def _without(name: str, value: tuple[NamedList, ...]) -> tuple[NamedList, ...]:
    return tuple(named for named in value if named.name != name)
