"""Desks of those who check and recognise hours: what waits, decided one by one or all that a filter leaves; who is short."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import AdviceReader, ServiceDep, answer, language
from api.form_guard import ONCE, checked_form, form_token, once
from api.hours_access import hour_records_of, hours_book, schools_in_scope, teachers_in_scope
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from api.routes.feedback_routes import author_of
from api.routes.hours_routes import audit_people
from features.schema.hour_tables import CATEGORIES
from recommender.hours.desk_entries import DeskFilter, EntryFrame, row_fields
from recommender.hours.hour_duty import AFTER, WAITS, may_decide
from recommender.hours.hours_book import decided_entry
from recommender.hours.hours_words import reasons_of, summary_sentence
from recommender.hours.ledger_places import DISTRICT, ledger_facts, place_totals
from recommender.records.hour_records import MOST_AT_ONCE, HourDecision
from recommender.records.record_tables import LONGEST_REASON
from recommender.tokens import Claims

router = APIRouter(include_in_schema=False)

AT_ONCE: Final = 30  # entries of one page, whose boxes fit into one form
PEOPLE: Final = 200  # rows of those who are short
Text = Annotated[str, Query(max_length=200)]
Category = Literal["", "public", "professional", "elective"]
PICK: Final = "pick:"


@router.get("/hours")
def desk_page(
    request: Request, visitor: VisitorDep, service: ServiceDep, category: Category = "", activity: Text = "",
    platform: Text = "", done: Annotated[int | None, Query(ge=0, le=MOST_AT_ONCE)] = None,
) -> Response:  # fmt: skip
    """What waits for the visitor's decision, earliest first. done: how many were just decided on."""
    return _desk(request, visitor, service, DeskFilter(category, activity, platform), done)


@router.post("/hours")
def decide_page(request: Request, visitor: VisitorDep, service: ServiceDep, body: FormBody) -> Response:
    """Decides on the entries that are picked, or on all that the filter leaves, and goes back to what waits."""
    form = checked_form(request, body)
    decision, reason = form.get("decision", ""), form.get("reason", "").replace("\r\n", "\n").strip()
    if decision not in AFTER[visitor.role] or "\0" in reason:
        raise HTTPException(400)
    chosen = DeskFilter(form.get("category", ""), form.get("activity", ""), form.get("platform", ""))
    picked = [name.removeprefix(PICK) for name in form if name.startswith(PICK)]
    waiting = chosen.of(_waiting(request, visitor, service))
    if form.get("all") != "on":
        waiting = waiting[waiting["entry_id"].isin(picked)]
    entries = [decided_entry(row) for row in waiting.head(MOST_AT_ONCE).to_dict("records")]
    kept: HourDecision = decision  # type: ignore[assignment]
    fit = [entry for entry in entries if may_decide(visitor, entry, kept)]
    t = Words(language(request))
    if (decision == "refused" and not reason) or len(reason) > LONGEST_REASON:
        return _desk(request, visitor, service, chosen, None, t("hours.desk_reason", n=LONGEST_REASON), picked, reason)
    if not fit:
        mistake = t("hours.partial") if entries else t("hours.desk_nothing_picked")
        return _desk(request, visitor, service, chosen, None, mistake, picked, reason)

    def write() -> Response:
        key = f"{form.get(ONCE, '')}-{decision}"
        decided = hour_records_of(request).decide(
            author_of(visitor), key, fit, kept, reason, AFTER[visitor.role][kept], alone=False
        )
        where = link("/hours", request, category=chosen.category, activity=chosen.activity, platform=chosen.platform,
                     done=str(len(decided)))  # fmt: skip
        return RedirectResponse(where, 303, {"Cache-Control": "no-store"})

    return answered_or_retry(request, form, write)


@router.get("/organizations/{organization_id:id}/hours")
def short_page(request: Request, organization_id: str, visitor: VisitorDep, service: ServiceDep) -> Response:
    """Who is short of hours in a school or district: totals, then people by id with what does not count and why."""
    t, book = Words(language(request)), hours_book(request)
    ledger = book.ledger_of(book.teachers_of(schools_in_scope([organization_id], service)))
    totals = place_totals(ledger.standing, service.hours_tables["organizations"])
    short = ledger.short.head(PEOPLE)
    audit_people(request, visitor, short["teacher_id"].tolist())
    people = [row | {"reasons": [t.text(reason) for reason in reasons_of(row)]} for row in short.to_dict("records")]
    schools = totals[totals["org_kind"] != DISTRICT].to_dict("records")
    html = page(
        request, "hours_short.html", name=service.name_of(organization_id), as_of=ledger.as_of,
        summary=t.text(summary_sentence(ledger_facts(ledger, ledger.standing))), totals=schools, people=people,
        left_off=len(ledger.short) - len(short),
    )  # fmt: skip
    return answer(request, html)


def _waiting(request: Request, visitor: Claims, service: AdviceReader) -> EntryFrame:
    book = hours_book(request)
    return book.entries_of(teachers_in_scope(visitor, service, book), WAITS[visitor.role])


def _desk(
    request: Request, visitor: Claims, service: AdviceReader, chosen: DeskFilter, done: int | None, mistake: str = "",
    picked: list[str] | None = None, reason: str = "",
) -> Response:  # fmt: skip
    t, every = Words(language(request)), _waiting(request, visitor, service)
    left = chosen.of(every)
    shown = left.head(AT_ONCE)
    audit_people(request, visitor, shown["teacher_id"].tolist())
    html = page(
        request, "hours_desk.html", entries=[row_fields(row) for row in shown.to_dict("records")], waiting=len(every),
        left=len(left), chosen=chosen, categories=CATEGORIES, platforms=sorted(every["platform"].dropna().unique()),
        decisions=tuple(AFTER[visitor.role]), role=visitor.role, own=visitor.subject, mistake=mistake, picked=picked or [],
        reason=reason, most=MOST_AT_ONCE, longest=LONGEST_REASON,
        done=None if done is None else t("hours.desk_done", n=done),
        places=[(org_id, f"/organizations/{quote(org_id, safe='')}/hours") for org_id in sorted(visitor.scope)],
        form_token=form_token(request), once=once, where=link("/hours", request).partition("?")[0],
    )  # fmt: skip
    return answer(request, html, 422 if mistake else 200)
