"""The catalogue: the same for everyone who is signed in, so it needs no profile of anyone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer
from api.schemas.course_schemas import CourseOut, CoursePageOut

router = APIRouter(prefix="/v1/courses", tags=["courses"])

Word = Annotated[str | None, Query(max_length=100)]


@router.get("", response_model=CoursePageOut, summary="Search the catalogue")
def courses(
    request: Request,
    visitor: VisitorDep,
    service: ServiceDep,
    q: Word = None,
    subject: Word = None,
    stage: Word = None,
    competency: Word = None,
    cursor: Word = None,
) -> Response:
    """A slice of the courses that match all that is given; an empty parameter counts as absent."""
    result = service.courses(q or None, subject or None, stage or None, competency or None, cursor or None)
    return answer(request, CoursePageOut.model_validate(result))


@router.get("/{course_id:id}", response_model=CourseOut, summary="One course")
def course(request: Request, course_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """One row of the catalogue."""
    return answer(request, CourseOut.model_validate(service.course(course_id)))
