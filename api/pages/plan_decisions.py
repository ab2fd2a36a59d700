"""The buttons below a plan: adopt it, alone or beside the plans that stand, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import PlansDep
from api.form_guard import check_origin
from api.pages.page_words import Words
from api.pages.render import link
from api.request_bodies import OptionalFormBody, form_values
from recommender.plans.adoption import Adoption
from recommender.records.record_tables import LONGEST_REASON

router = APIRouter(include_in_schema=False)
PlanId = Annotated[str, Path(max_length=40)]
BESIDE: Final = "beside"


@router.post("/plans/{plan_id}/adopt")
def adopt_plan(
    request: Request, plan_id: PlanId, visitor: VisitorDep, plans: PlansDep, body: OptionalFormBody
) -> Response:
    """Adopts the plan: its workbook names people from then on."""
    check_origin(request)
    form = form_values(body)
    plans.adopt(plan_id, visitor.subject, _reason(form), form.get("place") == BESIDE)
    return RedirectResponse(link(f"/plans/{plan_id}", request), 303, {"Cache-Control": "no-store"})


@router.post("/plans/{plan_id}/withdraw")
def withdraw_plan(
    request: Request, plan_id: PlanId, visitor: VisitorDep, plans: PlansDep, body: OptionalFormBody
) -> Response:
    """Takes the adoption back: its workbook names nobody from then on."""
    check_origin(request)
    plans.withdraw(plan_id, visitor.subject, _reason(form_values(body)))
    return RedirectResponse(link(f"/plans/{plan_id}", request), 303, {"Cache-Control": "no-store"})


class DecisionLine(NamedTuple):
    """A decision in words. other_plan: the plan it is about where that is not the one of the page."""

    text: str
    why: str
    other_plan: str | None


def decision_lines(history: Sequence[Adoption], plan_id: str, t: Words) -> list[DecisionLine]:
    """All decisions of a district below one of its plans, newest first."""
    return [
        DecisionLine(
            t(
                f"adoption.action_{one.action}", version=one.version, by=one.by,
                date=t.day(datetime.fromisoformat(one.at).date()),
                plan=t("adoption.this_plan") if one.plan_id == plan_id else one.plan_id,
            ),
            t("adoption.why", why=one.why) if one.why else "",
            one.plan_id if one.plan_id != plan_id else None,
        )
        for one in history
    ]  # fmt: skip


def _reason(form: dict[str, str]) -> str:
    """Raises HTTPException 400 for one that the form does not let through."""
    reason = form.get("reason", "").strip()
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise HTTPException(400)
    return reason
