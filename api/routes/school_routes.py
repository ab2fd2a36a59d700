"""What is proposed to one school and what its departments need."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import PlansDep, ServiceDep, answer
from api.schemas.advice_schemas import SchoolProposalsOut
from api.schemas.need_schemas import SchoolNeedsOut
from features.disclosure import MINIMUM_GROUP

router = APIRouter(prefix="/v1/schools", tags=["schools"])


@router.get("/{school_id:id}/recommendations", response_model=SchoolProposalsOut, summary="Courses for a school")
def recommendations(
    request: Request,
    school_id: str,
    visitor: VisitorDep,
    service: ServiceDep,
    plans: PlansDep,
    top: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """Courses in order with fit and feasibility; no gain, because a course may fit one person only. Beside them the seats
    that adopted plans give to the school."""
    seats = plans.adopted_seats(school_id, (school_id, *service.ancestors(school_id)))
    return answer(request, SchoolProposalsOut.of_school(service.school_advice(school_id, top), seats))


@router.get(
    "/{school_id:id}/needs", response_model=SchoolNeedsOut, summary="Needs of a school and its departments"
)
def needs(request: Request, school_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Groups of 5 and more for the school, of 10 and more for its district; smaller ones are hidden."""
    result = service.school_needs(school_id, MINIMUM_GROUP[visitor.role])
    return answer(request, SchoolNeedsOut.of(result, MINIMUM_GROUP[visitor.role]))
