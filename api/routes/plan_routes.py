"""From a budget to a plan: ask, look how far it is, take the workbook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import HTTPException

from api.auth import VisitorDep
from api.deps import PlansDep, ServiceDep, answer, language
from api.plan_requests import PlanRequest, ask, read_request
from api.request_bodies import JsonBody
from api.routes.feedback_routes import optional_json_schema, read_body
from api.schemas.plan_schemas import AdoptionIn, PlanOut, WithdrawalIn
from features.errors import StaleError

router = APIRouter(prefix="/v1/plans", tags=["plans"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PlanId = Annotated[str, Path(max_length=40)]


BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": PlanRequest.model_json_schema()}}}}


@router.post("", response_model=PlanOut, status_code=202, summary="Ask for a plan", openapi_extra=BODY)
def ask_for_plan(
    request: Request, visitor: VisitorDep, service: ServiceDep, plans: PlansDep, body: JsonBody
) -> Response:
    """The plan is made beside the service; look at its address until its state is done.

    The same question on the same data has the same id, so asking twice costs nothing.
    """
    plan_id = ask(visitor, service, plans, read_request(body))
    response = answer(request, PlanOut.of(plans.status(plan_id), language(request), service), 202)
    response.headers["Location"] = f"/v1/plans/{plan_id}"
    return response


@router.get("/{plan_id}", response_model=PlanOut, summary="How far a plan is, and the plan")
def plan(request: Request, plan_id: PlanId, visitor: VisitorDep, service: ServiceDep, plans: PlansDep) -> Response:
    """Counts, courses, seats per school, prices, frontiers; names of people are in the workbook of an adopted plan alone."""
    return answer(request, PlanOut.of(plans.status(plan_id, tables=True), language(request), service))


@router.post(
    "/{plan_id}/adopt", response_model=PlanOut, summary="Adopt a plan", openapi_extra=optional_json_schema(AdoptionIn)
)  # fmt: skip
def adopt(
    request: Request, plan_id: PlanId, visitor: VisitorDep, service: ServiceDep, plans: PlansDep, body: JsonBody
) -> Response:
    """It replaces the plans of its district that stand, or stands beside them; its workbook names people from then on, and
    those of plans that stand no longer do not. 404 until the plan is done, or where it has no seats."""
    decision = read_body(AdoptionIn, body or b"{}")
    plans.adopt(plan_id, visitor.subject, decision.reason, decision.beside)
    return answer(request, PlanOut.of(plans.status(plan_id, tables=True), language(request), service))


@router.post(
    "/{plan_id}/withdraw", response_model=PlanOut, summary="Take the adoption of a plan back",
    openapi_extra=optional_json_schema(WithdrawalIn),
)  # fmt: skip
def withdraw(
    request: Request, plan_id: PlanId, visitor: VisitorDep, service: ServiceDep, plans: PlansDep, body: JsonBody
) -> Response:
    """Its workbook names nobody from then on, and its seats are no longer told to schools; who, when and why is kept. A plan
    that does not stand stays as it is."""
    plans.withdraw(plan_id, visitor.subject, read_body(WithdrawalIn, body or b"{}").reason)
    return answer(request, PlanOut.of(plans.status(plan_id, tables=True), language(request), service))


@router.get("/{plan_id}/workbook", summary="The plan as a workbook", response_class=Response)
def workbook(request: Request, plan_id: PlanId, visitor: VisitorDep, plans: PlansDep) -> Response:
    """With the names of people once the plan is adopted. 404 until the plan is done, 409 where its files are damaged."""
    status = plans.status(plan_id)
    if status.state == "damaged":
        raise StaleError("plans.damaged")
    if status.state != "done":
        raise HTTPException(404)
    headers = {
        "Content-Disposition": f'attachment; filename="{plan_id}.xlsx"', "Cache-Control": "private, no-store",
        "Vary": "Authorization, Cookie",
    }  # fmt: skip
    return Response(plans.workbook(plan_id), 200, headers, media_type=XLSX)
