"""The recommendations and needs of one teacher."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer
from api.schemas.advice_schemas import AdviceOut, ProposalsOut
from api.schemas.need_schemas import TeacherNeedsOut

PROPOSED = 10  # courses proposed for a teacher to her school

router = APIRouter(prefix="/v1/teachers", tags=["teachers"])


@router.get(
    "/{teacher_id:id}/recommendations", response_model=AdviceOut | ProposalsOut, summary="Courses for a teacher"
)
def recommendations(
    request: Request,
    teacher_id: str,
    visitor: VisitorDep,
    service: ServiceDep,
    top: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Response:
    """For herself the list with its five reasons; for her school proposals with fit and feasibility.

    The school always gets the same number: lists of growing length would tell their order, and so her needs.
    """
    if visitor.role == "teacher":
        return answer(request, AdviceOut.of(service.teacher_advice(teacher_id, top)))
    return answer(request, ProposalsOut.of(service.teacher_advice(teacher_id, PROPOSED)))


@router.get("/{teacher_id:id}/needs", response_model=TeacherNeedsOut, summary="A teacher's needs and hours")
def needs(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Her needs and hours, for herself alone."""
    return answer(request, TeacherNeedsOut.model_validate(service.teacher_needs(teacher_id)))
