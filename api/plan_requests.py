"""A question to the planner as it comes over the wire: checked for its form, its ids and its reader."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Plans, ServiceDep
from features.errors import UnknownIdError, UsageError
from recommender.planning.problem.limits import Limits
from recommender.tokens import Claims


class PlanRequest(BaseModel):
    """Budget in yuan; limits with the keys of `limits.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    district_id: str = Field(min_length=1, max_length=100)
    budget: float = Field(ge=0, le=1e12, allow_inf_nan=False)
    limits: dict[str, Any] = Field(default_factory=dict)


def refuse(name: str, said: str) -> RequestValidationError:
    """A 422 that names one thing and says what is wrong with it."""
    return RequestValidationError([{"type": "limits", "loc": ("body", name), "msg": said}])


def holds(visitor: Claims, org_id: str, desk: ServiceDep) -> bool:
    """Whether an organization is the visitor's own or stands under one that is; False for unknown ones."""
    try:
        above = desk.ancestors(org_id)
    except UnknownIdError:
        return False
    return bool(visitor.scope & {org_id, *above})


def ask(visitor: Claims, desk: ServiceDep, plans: Plans, asked: PlanRequest) -> str:
    """The id of the plan. 404 for an organization that is not the visitor's, 422 for limits that cannot be
    meant; an id of another district is answered as one nobody knows."""
    if not holds(visitor, asked.district_id, desk):
        raise HTTPException(404)
    try:
        limits = Limits.of(asked.limits)
        _check(limits, asked.district_id, desk)
        return plans.ask(asked.district_id, asked.budget, limits.as_json(), desk.model_version, desk.as_of)
    except UsageError as wrong:
        raise refuse("limits", str(wrong)) from wrong


def _check(limits: Limits, district_id: str, desk: ServiceDep) -> None:
    """Raises WrongUse for the first id that is not of this district or its catalogue."""
    pairs = (*limits.pin, *limits.forbid_pairs)
    people = [t for t, _ in pairs] + [t for held in limits.list for t in held.teachers]
    courses = [
        *limits.must_open,
        *limits.forbid,
        *(c for _, c in pairs),
        *(held.course for held in limits.list),
    ]
    schools = [s for held in limits.floor for s in held.school]
    for what, names in (
        ("teacher of this district", people),
        ("course", courses),
        ("school of this district", schools),
    ):
        for name in names:
            try:
                if what == "course":
                    desk.course(name)
                    continue
                school = desk.school_of(name) if what.startswith("teacher") else name
                if district_id in {school, *desk.ancestors(school)}:
                    continue
            except UnknownIdError:
                pass
            raise UsageError(f"limits: no {what} has the id {name!r}: correct it in the limits")
