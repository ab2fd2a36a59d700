"""The district's pages: a budget and limits in, a plan and its prices out; all of it without scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import PlansDep, ServiceDep, answer, language
from api.form_guard import check_origin
from api.pages.page_words import Words
from api.pages.plan_decisions import decision_lines
from api.pages.plan_form import fields, filled_form, names, plan_request
from api.pages.plan_view import PlanView
from api.pages.render import link, page
from api.pages.visit_lines import district_visits
from api.plan_requests import ask
from api.problems import LONGEST_FAULT
from api.request_bodies import FormBody, form_values
from features.errors import BusyError, StaleError
from recommender.plans.adoption import standing_of
from recommender.plans.plan_status import WAITING
from recommender.records.record_tables import LONGEST_REASON

router = APIRouter(include_in_schema=False)

REFRESH = 4  # seconds
PlanId = Annotated[str, Path(max_length=40)]


@router.get("/districts/{district_id:id}")
def district_page(
    request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep, plans: PlansDep
) -> Response:
    """The form and the plans so far."""
    return _form_page(request, district_id, service, plans, {}, None)


@router.post("/districts/{district_id:id}/plans")
def make_plan(
    request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep, plans: PlansDep, body: FormBody
) -> Response:
    """Queues the question of the form and redirects to the plan's page; with a mistake, the form as it was filled."""
    check_origin(request)
    t = Words(language(request))
    form = form_values(body)
    filled = {name: form.get(name, "").strip() for name in names()}
    try:
        plan_id = ask(visitor, service, plans, plan_request(district_id, filled))
    except RequestValidationError as error:
        text = t("pages.site_semicolon").join(t.text(fault.get("text", fault["msg"])) for fault in error.errors())
        return _form_page(request, district_id, service, plans, filled, text[:LONGEST_FAULT], 422)
    except BusyError as error:
        response = _form_page(request, district_id, service, plans, filled, t.text(error.message), 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    except StaleError as error:
        return _form_page(request, district_id, service, plans, filled, t.text(error.message), 409)
    return RedirectResponse(link(f"/plans/{plan_id}", request), 303, {"Cache-Control": "no-store"})


@router.get("/plans/{plan_id}")
def plan_page(request: Request, plan_id: PlanId, visitor: VisitorDep, service: ServiceDep, plans: PlansDep) -> Response:
    """A plan, or how far it is."""
    status = plans.status(plan_id, tables=True)
    t = Words(language(request))
    html = page(
        request,
        "plan.html",
        status=status,
        name=service.name_of(status.district_id),
        view=PlanView.of(status.summary, status.tables, t) if status.summary and status.tables else None,
        refresh=REFRESH if status.state in WAITING else None,
        what=_in_language(status.what, t),
        filled=filled_form(status.budget, status.limits),
        fields=fields(),
        fault=None,
        adopted=_when(status.adoption.at, t) if status.adoption else None,
        decisions=decision_lines(status.history, plan_id, t),
        others_stand=bool(standing_of(reversed(status.history)).keys() - {plan_id}),
        longest_reason=LONGEST_REASON,
        made=_when(status.requested_at, t),
        closed=service.closed([line.course_id for line in status.tables.lines]) if status.tables else 0,
    )
    return answer(request, html)


@router.post("/plans/{plan_id}/stop")
def stop_plan(request: Request, plan_id: PlanId, visitor: VisitorDep, plans: PlansDep) -> Response:
    """Take the best plan so far."""
    check_origin(request)
    plans.stop(plan_id)
    return RedirectResponse(link(f"/plans/{plan_id}", request), 303, {"Cache-Control": "no-store"})


def _form_page(
    request: Request, district_id: str, service: Any, plans: Any, filled: dict[str, str], fault: str | None,
    status: int = 200,
) -> Response:  # fmt: skip
    t = Words(language(request))
    previous = [(plan, _when(plan.requested_at, t)) for plan in plans.of_district(district_id)]
    html = page(
        request, "district.html", district_id=district_id, name=service.name_of(district_id), plans=previous,
        filled={name: filled.get(name, "") for name in names()}, fields=fields(),
        fault=fault and ("pages.plan_wrong" if status == 422 else "pages.plan_not_sent", fault),
        schools=service.schools_of(district_id), visits=district_visits(service, district_id, t),
    )  # fmt: skip
    return answer(request, html, status)


def _in_language(what: str, t: Words) -> str:
    """The reader's part of a step that is written in both languages: 载入 / Loading."""
    zh, _, en = what.partition(" / ")
    return zh if t.lang == "zh" else en or zh


def _when(requested_at: str, t: Words) -> str:
    """The day a question was asked."""
    try:
        return t.day(datetime.fromisoformat(requested_at).date())
    except ValueError:
        return t("pages.site_not_recorded")
