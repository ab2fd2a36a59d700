"""All courses with search, and one course."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import VisitorDep
from api.deps import ServiceDep, answer
from api.pages.render import page
from recommender.text.formats import whole_percents

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
    percents = whole_percents({goal[0]: goal[3] for goal in course.goals})
    ordered = sorted(course.goals, key=lambda goal: (-goal[3], goal[0]))
    goals = [(key, zh, en, percents.get(key, 0)) for key, zh, en, _ in ordered]
    return answer(request, page(request, "course.html", course=course, goals=goals))
