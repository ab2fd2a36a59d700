"""A question to the planner as it comes over the wire: checked for its form, its ids and its reader."""

from __future__ import annotations

from typing import Any

from fastapi.exceptions import HTTPException, RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.deps import AdviceReader, PlanQueue
from features.documents import DocumentError, parse_json
from features.errors import StaleError, UnknownIdError, UsageError
from features.messages import Message
from recommender.planning.problem.limits import Limits, unknown_id
from recommender.plans.plain_values import check_plain
from recommender.tokens import Claims


class PlanRequest(BaseModel):
    """Budget in yuan; limits with the keys of `limits.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    district_id: str = Field(min_length=1, max_length=100)
    budget: float = Field(ge=0, le=1e12, allow_inf_nan=False)
    limits: dict[str, Any] = Field(default_factory=dict)


def refuse(name: str, text: Message | str) -> RequestValidationError:
    """A 422 that names one thing and says what is wrong with it; pages render the message in their own language."""
    return RequestValidationError([{"type": "limits", "loc": ("body", name), "msg": str(text), "text": text}])


def read_request(body: bytes) -> PlanRequest:
    """The question in a JSON body. Raises RequestValidationError."""
    try:
        return PlanRequest.model_validate(parse_json(body))
    except DocumentError as error:
        raise refuse("", str(error)) from error
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in faults]) from error


def holds(visitor: Claims, org_id: str, service: AdviceReader) -> bool:
    """Whether an organization is the visitor's own or stands under one that is; False for unknown ones."""
    try:
        above = service.ancestors(org_id)
    except UnknownIdError:
        return False
    return bool(visitor.scope & {org_id, *above})


def ask(visitor: Claims, service: AdviceReader, plans: PlanQueue, request: PlanRequest) -> str:
    """The id of the plan. 404 for an organization that is not the visitor's, 422 for limits that cannot be
    meant; an id of another district is answered as one nobody knows."""
    if not holds(visitor, request.district_id, service):
        raise HTTPException(404)
    if service.age.expired:  # judged by the date of the data; the date of the diagnosis may be that of a self-assessment
        raise StaleError(service.age.expiry)
    try:
        check_plain(request.limits)
        limits = Limits.of(request.limits)
        _check(limits, request.district_id, service)
        return plans.ask(
            request.district_id, request.budget, limits, service.version, visitor.subject,
            service.choices_digest(request.district_id),
        )  # fmt: skip
    except UsageError as wrong:
        raise refuse("limits", wrong.message) from wrong


def _check(limits: Limits, district_id: str, service: AdviceReader) -> None:
    """Raises UnknownIdError for the first id that is not of this district or its catalogue."""
    for reference in limits.references():
        try:
            if reference.kind == "course":
                service.course(reference.unit_id)
                continue
            school = service.school_of(reference.unit_id) if reference.kind == "teacher" else reference.unit_id
            if district_id in {school, *service.ancestors(school)}:
                continue
        except UnknownIdError:
            pass
        raise unknown_id(reference)
