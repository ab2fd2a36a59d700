"""The desk of those who answer objections: what waits, one of them with its form, and the answer."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import AdviceReader, ObjectionsDep, ServiceDep, answer, language, objection_of
from api.form_guard import ONCE, checked_form, form_token, once
from api.pages.objection_words import ObjectionShown, objection_shown, words_for
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from api.routes.objection_routes import contested_row, end, to_answer
from api.schemas.objection_schemas import State
from features.errors import UnknownIdError
from recommender.objections.contested_rows import desk_cells, named_in
from recommender.objections.duty import PartialityError, refuse_partial
from recommender.records.objection_records import STATES, Objection
from recommender.records.record_tables import LONGEST_REASON
from recommender.tokens import Claims

router = APIRouter(prefix="/objections", include_in_schema=False)

Answered = Literal["upheld", "rejected"] | None


@router.get("")
def desk_page(
    request: Request, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep, state: State = "open",
    after: Answered = None,
) -> Response:  # fmt: skip
    """Those in one state, oldest first; open ones unless another state is chosen. after: what was just answered."""
    t, now = Words(language(request)), request.app.state.records.now()
    mine, left_off = to_answer(request, visitor, service, records, state)
    shown = [objection_shown(one, service, now, t) for one in mine]
    html = page(
        request, "objection_desk.html", objections=shown, left_off=left_off, state=state,
        states=[(one, t(f"objections.state_{one}")) for one in STATES],
        after=t(f"objections.answered_{after}") if after else "",
        overdue=sum(one.overdue for one in shown), schools={one.teacher_id: _school(one, service) for one in mine},
    )  # fmt: skip
    return answer(request, html)


@router.get("/{objection_id}")
def objection_page(request: Request, objection_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """One objection with what is contested, without measured numbers; and the form, while it is open."""
    return _one(request, visitor, service, objection_of(request, objection_id))


@router.post("/{objection_id}")
def answer_page(
    request: Request, objection_id: str, visitor: VisitorDep, service: ServiceDep, body: FormBody
) -> Response:
    """Records the answer and goes back to what waits."""
    form = checked_form(request, body)
    decision, reason = form.get("decision", ""), form.get("reason", "").replace("\r\n", "\n").strip()
    if decision not in ("", "upheld", "rejected"):
        raise HTTPException(400)
    if not decision or not 0 < len(reason) <= LONGEST_REASON or "\0" in reason:
        return _one(request, visitor, service, objection_of(request, objection_id), reason[: 4 * LONGEST_REASON], decision)

    def write() -> Response:
        end(request, visitor, service, objection_id, f"{form.get(ONCE, '')}-{decision}", decision, reason)
        return RedirectResponse(link("/objections", request, after=decision), 303, {"Cache-Control": "no-store"})

    return answered_or_retry(request, form, write)


def _one(
    request: Request, visitor: Claims, service: AdviceReader, objection: Objection, mistaken: str | None = None,
    decision: str = "",
) -> Response:  # fmt: skip
    t, now = Words(language(request)), request.app.state.records.now()
    row = contested_row(service, objection)
    try:
        refuse_partial(visitor, objection, named_in(objection.about.subject, row) if row else ())
        partial = False
    except PartialityError:
        partial = True
    cells = None if row is None else desk_cells(objection.about.subject, row)
    shown: ObjectionShown = objection_shown(objection, service, now, t, row=cells)
    html = page(
        request, "objection_answer.html", one=shown, school=_school(objection, service), partial=partial,
        gone=objection.about.kind == "row" and row is None, mistaken=mistaken is not None, text=mistaken or "",
        decision=decision,
        uphold=t(f"objections.decide_upheld_{words_for(objection.about)}"),
        longest=LONGEST_REASON, form_token=form_token(request), once=once,
        where=link(f"/objections/{objection.objection_id}", request).partition("?")[0],
    )  # fmt: skip
    return answer(request, html, 200 if mistaken is None else 422)


def _school(objection: Objection, service: AdviceReader) -> str:
    """The name of her school; empty for a teacher who left the data."""
    try:
        return service.name_of(service.school_of(objection.teacher_id))
    except UnknownIdError:
        return ""
