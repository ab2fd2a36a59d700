"""At least a share of the teachers of a group get a seat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from features.disclosure import DISTRICT_MINIMUM
from features.tables import split_list
from recommender.planning.constraints.constraint import (
    Constraint,
    PriceKind,
    Relaxable,
    ShadowPrice,
    SolvedDuals,
)
from recommender.planning.constraints.reached_share import add_reached_share
from recommender.planning.problem.candidate_pairs import Mask
from recommender.planning.problem.constraint_registry import register
from recommender.planning.problem.district import District
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import AnyTables, Ids, Reference, Share

GROUPS = ("school", "stage", "subject", "location", "ladder_step")


class Floor(BaseModel):
    """The group is who meets all that is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, BeforeValidator(str)] = ""
    share: Share
    school: Ids = ()
    stage: Ids = ()
    subject: Ids = ()
    location: Ids = ()
    ladder_step: Ids = ()
    disadvantage_min: Share | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        """The name defaults to the group in words."""
        if not isinstance(content, dict) or "name" in content:
            return content
        parts = [", ".join(_texts(value)) for key in GROUPS if (value := content.get(key))]
        least = content.get("disadvantage_min")
        parts += [f"disadvantage ≥ {least:g}"] if isinstance(least, (int, float)) else []
        return {**content, "name": "; ".join(parts)}

    @model_validator(mode="after")
    def _group(self) -> Floor:
        if self.disadvantage_min is None and not any(name in self.model_fields_set for name in GROUPS):
            raise PydanticCustomError("planning.accepts_floor", "a group")
        return self

    def members(self, district: District) -> Mask:
        """(N,) who belongs to the group."""
        register_table, schools = district.register, district.organizations
        mask = np.ones(len(district.people), bool)
        if self.school:
            mask &= np.isin(district.school_ids[district.school].astype(str), self.school)
        if self.location:
            mask &= schools["location"].isin(self.location).to_numpy(bool)[district.school]
        if self.disadvantage_min is not None:
            mask &= district.disadvantage >= self.disadvantage_min
        for column in ("stage", "ladder_step"):
            if getattr(self, column):
                mask &= register_table[column].isin(getattr(self, column)).to_numpy(bool)
        if self.subject:
            subjects = set(self.subject)
            mask &= np.array([bool(subjects & set(split_list(cell))) for cell in register_table["subject"]], bool)
        return mask


@register
class GroupFloor(Constraint[tuple[Floor, ...]]):
    """A block of one row a group."""

    key = "floor"
    order = 50
    value_type = Annotated[tuple[Floor, ...], AnyTables]
    default = ()
    label = "planning.limit_group_floor"
    price_kinds = (PriceKind("floor", "teacher fewer", "planning.limit_group_floor", "planning.price_fewer"),)
    share = True

    def formulate(self, value: tuple[Floor, ...], builder: ProblemBuilder) -> None:
        """value: one floor a group."""
        for number, floor in enumerate(value):
            mask = floor.members(builder.district)
            size = np.array([int(mask.sum())])
            name = f"{self.key}/{floor.name}" + f" ({number})" * (floor.name in [f.name for f in value[:number]])
            add_reached_share(builder, name, (floor.name,), floor.share, size, np.where(mask, 0, -1))

    def prices(self, value: tuple[Floor, ...], solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """One teacher fewer in a group."""
        for block in solved.problem.blocks(self.key):
            people = np.full(1, DISTRICT_MINIMUM)
            yield from self.row_prices(0, block.keys, solved.duals.constraints[block.name], people)

    def relaxables(self, value: tuple[Floor, ...]) -> Iterator[Relaxable[tuple[Floor, ...]]]:
        """Each share."""
        for number, floor in enumerate(value):
            at = partial(_with_share, number)
            yield Relaxable(self.key, floor.name, floor.share, partial(_with_share, number, share=0.0), at, False)

    def references(self, value: tuple[Floor, ...]) -> Iterator[Reference]:
        """The schools of groups."""
        return (Reference("school", school) for floor in value for school in floor.school)

    def _table_keys(self) -> tuple[str, ...]:
        return tuple(Floor.model_fields)


def _texts(value: Any) -> list[str]:
    """What a group is named after; nothing for values that are refused as ids later."""
    return [value] if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list | tuple) else []


def _with_share(number: int, floors: tuple[Floor, ...], share: float) -> tuple[Floor, ...]:
    changed = floors[number].model_copy(update={"share": share})
    return (*floors[:number], changed, *floors[number + 1 :])
