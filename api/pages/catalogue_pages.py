"""All courses with search, and one course."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer
from api.pages.render import page

router = APIRouter(prefix="/courses", include_in_schema=False)

STAGES = ("kindergarten", "primary", "junior", "senior")

Word = Annotated[str, Query(max_length=100)]


@router.get("")
def courses_page(
    request: Request,
    visitor: VisitorDep,
    service: ServiceDep,
    q: Word = "",
    subject: Word = "",
    stage: Word = "",
    competency: Word = "",
    cursor: Word = "",
) -> Response:
    """The search is in the address, so that it can be kept and passed on."""
    courses = service.courses(q or None, subject or None, stage or None, competency or None, cursor or None)
    query = {"q": q, "subject": subject, "stage": stage, "competency": competency}
    return answer(
        request, page(request, "courses.html", courses=courses, query=query, cursor=cursor, stages=STAGES)
    )


@router.get("/{course_id:id}")
def course_page(request: Request, course_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Everything the catalogue holds on it."""
    course = service.course(course_id)
    total = sum(goal[3] for goal in course.goals) or 1.0
    goals = sorted(((g[0], g[1], g[2], g[3] / total) for g in course.goals), key=lambda g: (-g[3], g[0]))
    return answer(request, page(request, "course.html", course=course, goals=goals))
