"""Hours of continuing education: claims, the entries that wait, decisions, and who is short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import HTTPException

from api.auth import VisitorDep, audit_read
from api.deps import ServiceDep, answer
from api.hours_access import (
    AT_ONCE,
    entry_of,
    hour_records_of,
    hours_book,
    schools_in_scope,
    teachers_in_scope,
)
from api.request_bodies import JsonBody
from api.routes.feedback_routes import IdempotencyKey, author_of, json_schema, read_body
from api.schemas.hours_schemas import (
    HourClaimIn,
    HourClaimOut,
    HourDecisionIn,
    HourEntriesOut,
    HourEntryOut,
    HourStandingOut,
    HourStateOut,
    HourTotalOut,
    HourWithdrawalIn,
    OrganizationHoursOut,
    State,
)
from recommender.hours.desk_entries import row_fields
from recommender.hours.hour_duty import AFTER, WAITS, in_scope, refuse_unfit
from recommender.hours.ledger_places import ledger_facts, place_totals
from recommender.records.hour_records import HourClaim, HourDecision
from recommender.tokens import Claims

router = APIRouter(tags=["hours"])

AsOf = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2099, 12, 31))]


def end_entry(request: Request, visitor: Claims, entry_id: str, key: str, decision: HourDecision, reason: str) -> HourStateOut:
    """Decides on an entry. Raises HoursPartialityError, HourStateError, UsageError for a refusal without a reason."""
    entry = entry_of(request, entry_id)
    records, author = hour_records_of(request), author_of(visitor)
    if not records.sent_before(author, key):  # sent again it gets its first answer, whatever the state is now
        refuse_unfit(visitor, entry, decision)
    records.decide(author, key, [entry], decision, reason, after=AFTER[visitor.role][decision])
    return HourStateOut(entry_id=entry_id, teacher_id=entry.teacher_id, status=decision)


def audit_people(request: Request, visitor: Claims, teacher_ids: Sequence[str]) -> None:
    """A line for each of the people who are shown."""
    for teacher_id in dict.fromkeys(teacher_ids):
        audit_read(request, visitor, "teacher", teacher_id, "hours")


@router.get("/v1/hours/entries", response_model=HourEntriesOut, summary="Entries of hours")
def entries(request: Request, visitor: VisitorDep, service: ServiceDep, state: State | None = None) -> Response:
    """A teacher's own, all of them or in one state. Of a school's or district's teachers those that wait for the visitor: for a
    school `claimed`, for a district `checked`, unless another state is named."""
    book = hours_book(request)
    wanted = state or WAITS.get(visitor.role)
    frame = book.entries_of(teachers_in_scope(visitor, service, book), wanted)
    shown = frame.head(AT_ONCE)
    if visitor.role != "teacher":
        audit_people(request, visitor, shown["teacher_id"].tolist())
    rows = tuple(HourEntryOut(**row_fields(row)) for row in shown.to_dict("records"))
    return answer(request, HourEntriesOut(entries=rows, left_off=len(frame) - len(shown)))


@router.post(
    "/v1/hours/entries", response_model=HourClaimOut, status_code=201, summary="Claim hours",
    openapi_extra=json_schema(HourClaimIn),
)  # fmt: skip
def claim(
    request: Request, visitor: VisitorDep, service: ServiceDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """An activity that no platform reported. The school checks it, the district recognises it, then it counts."""
    said = read_body(HourClaimIn, body)
    teacher_id = said.teacher_id or visitor.subject
    if not in_scope(visitor, teacher_id, service):
        raise HTTPException(404)
    service.school_of(teacher_id)  # unknown ids answer 404
    if said.course_id is not None:
        service.course(said.course_id)
    claimed = HourClaim(
        said.activity.strip(), said.category, said.hours, said.done_on, said.level, said.course_id, said.credits,
        said.evidence_url,
    )  # fmt: skip
    entry_id = hour_records_of(request).claim(author_of(visitor), key, teacher_id, claimed, said.words or "")
    return answer(request, HourClaimOut(entry_id=entry_id, teacher_id=teacher_id), 201)


@router.post(
    "/v1/hours/entries/{entry_id:id}/decisions", response_model=HourStateOut, status_code=201, summary="Decide on an entry",
    openapi_extra=json_schema(HourDecisionIn),
)  # fmt: skip
def decide(
    request: Request, entry_id: str, visitor: VisitorDep, service: ServiceDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """A school checks what is claimed, a district recognises what is checked; either refuses with a reason. Nobody decides on
    her own hours."""
    said = read_body(HourDecisionIn, body)
    if said.decision not in AFTER[visitor.role]:
        raise HTTPException(403)
    return answer(request, end_entry(request, visitor, entry_id, key, said.decision, said.reason or ""), 201)


@router.post(
    "/v1/hours/entries/{entry_id:id}/withdraw", response_model=HourStateOut, status_code=201, summary="Take a claim back",
    openapi_extra=json_schema(HourWithdrawalIn),
)  # fmt: skip
def withdraw(
    request: Request, entry_id: str, visitor: VisitorDep, service: ServiceDep, body: JsonBody, key: IdempotencyKey
) -> Response:
    """Her own claim, as long as it is not recognised or refused."""
    said = read_body(HourWithdrawalIn, body)
    return answer(request, end_entry(request, visitor, entry_id, key, "withdrawn", said.reason or ""), 201)


@router.get(
    "/v1/organizations/{organization_id:id}/hours", response_model=OrganizationHoursOut, summary="Hours of a school or district"
)
def organization_hours(
    request: Request, organization_id: str, visitor: VisitorDep, service: ServiceDep, as_of: AsOf = None
) -> Response:
    """Totals by district and school, and who is short in which cycle and category, by how much and why. Hours alone: needs
    are nobody's business there. as_of: today by default."""
    book = hours_book(request)
    ledger = book.ledger_of(book.teachers_of(schools_in_scope([organization_id], service)), as_of)
    totals = place_totals(ledger.standing, service.hours_tables["organizations"])
    facts, short = ledger_facts(ledger, ledger.standing), ledger.short
    shown = short.head(AT_ONCE)
    audit_people(request, visitor, shown["teacher_id"].tolist())
    return answer(request, OrganizationHoursOut(
        org_id=organization_id, as_of=facts.as_of, people=facts.people, people_short=facts.people_short, waiting=facts.waiting,
        totals=tuple(HourTotalOut(**row_fields(row)) for row in totals.to_dict("records")),
        teachers=tuple(HourStandingOut(**row_fields(row)) for row in shown.to_dict("records")), left_off=len(short) - len(shown),
    ))  # fmt: skip
