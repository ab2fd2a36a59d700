"""What a teacher does on her page: say what she makes of a course, take it back, turn personalisation off; without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import AdviceReader, FeedbackDep, ServiceDep
from api.form_guard import ONCE, checked_form
from api.pages.render import link
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from features.errors import UnknownIdError
from recommender.records.feedback_records import ACTIONS, Action, TeacherStanding
from recommender.records.record_store import Author

router = APIRouter(prefix="/teachers", include_in_schema=False)

REASONS: Final = ("known", "time", "form", "content", "other")
"""Why a course is not for her, as the buttons say it (`pages.reason_for_KEY`)."""
ANOTHER: Final = "another"  # no reason but the wish to see the next one


@dataclass(frozen=True)
class Choice:
    """What holds of a course on her page. title: the course's id where the catalogue has it no more."""

    course_id: str
    title: str
    action: Action
    reason: str
    on: date


def choices_of(standing: TeacherStanding, service: AdviceReader) -> list[Choice]:
    """What holds, newest first."""
    return [
        Choice(e.course_id, _title(e.course_id, service), e.action, e.reason, e.at.astimezone().date())
        for e in standing.events
    ]


@router.post("/{teacher_id:id}/feedback")
def say(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: FeedbackDep, body: FormBody
) -> Response:
    """Records what a button says and goes back to her page."""
    form = checked_form(request, body)
    action = next((known for known in ACTIONS if known == form.get("action")), None)
    course_id, reason = form.get("course_id", ""), form.get("reason", "")
    if action is None or reason not in ("", ANOTHER, *REASONS):
        raise HTTPException(400)
    if action != "undo":
        service.course(course_id)  # what she chose earlier may have left the catalogue
    key = f"{form.get(ONCE, '')}-{action}-{reason}"
    author = Author(visitor.subject, visitor.role)

    def write() -> Response:
        records.record(author, key, teacher_id, course_id, action, reason)
        return _back(request, teacher_id, action)

    return answered_or_retry(request, form, write)


@router.post("/{teacher_id:id}/personalisation")
def switch(
    request: Request, teacher_id: str, visitor: VisitorDep, records: FeedbackDep, body: FormBody
) -> Response:
    """Turns personalisation on or off and goes back to her page."""
    form = checked_form(request, body)
    if form.get("enabled") not in ("true", "false"):
        raise HTTPException(400)
    enabled = form["enabled"] == "true"
    key = f"{form.get(ONCE, '')}-{form['enabled']}"
    author = Author(visitor.subject, visitor.role)

    def write() -> Response:
        records.personalise(author, key, teacher_id, enabled)
        return _back(request, teacher_id, "on" if enabled else "off")

    return answered_or_retry(request, form, write)


def _back(request: Request, teacher_id: str, after: str) -> Response:
    path = link(f"/teachers/{quote(teacher_id)}", request, after=after)
    return RedirectResponse(f"{path}#courses", 303, {"Cache-Control": "no-store"})


def _title(course_id: str, service: AdviceReader) -> str:
    try:
        return service.course(course_id).title
    except UnknownIdError:
        return course_id
