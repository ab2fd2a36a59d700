"""A teacher's own hours: what counts and from where, what is missing, the form to claim, and taking a claim back."""

from __future__ import annotations

from datetime import date
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.deps import ServiceDep, answer, language
from api.form_guard import ONCE, checked_form, form_token, once
from api.hours_access import hour_records_of, hours_book
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from api.routes.hours_routes import end_entry
from features.errors import UnknownIdError, UsageError
from features.schema.hour_tables import CATEGORIES, LEVELS
from recommender.hours.hours_words import reasons_of
from recommender.records.hour_claim_tables import LONGEST_ACTIVITY, LONGEST_URL
from recommender.records.hour_records import MOST_HOURS, HourClaim
from recommender.records.record_store import Author, KeyReuseError
from recommender.records.record_tables import LONGEST_REASON

router = APIRouter(prefix="/teachers", include_in_schema=False)

Done = Literal["claimed", "withdrawn"] | None
FIELDS = ("activity", "category", "hours", "done_on", "level", "evidence_url", "words")


@router.get("/{teacher_id:id}/hours")
def hours_page(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, after: Done = None) -> Response:
    """after: what she has just done."""
    return _page(request, teacher_id, after)


@router.post("/{teacher_id:id}/hours")
def claim_hours(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, body: FormBody) -> Response:
    """Records a claim and shows her hours again; what was filled in stays where it cannot be."""
    form = checked_form(request, body)
    fields = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}

    def write() -> Response:
        try:
            hour_records_of(request).claim(
                Author(visitor.subject, visitor.role), f"{form.get(ONCE, '')}-claim", teacher_id, _claim(fields), fields["words"]
            )
        except KeyReuseError:  # a form that was changed and sent again
            raise
        except UsageError as error:
            return _page(request, teacher_id, None, fields, Words(language(request)).text(error.message))
        return _back(request, teacher_id, "claimed")

    return answered_or_retry(request, form, write)


@router.post("/{teacher_id:id}/hours/withdraw")
def withdraw_hours(request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, body: FormBody) -> Response:
    """Takes a claim of hers back and shows her hours again."""
    form = checked_form(request, body)
    entry_id = form.get("entry_id", "")
    if hours_book(request).entry(entry_id).teacher_id != teacher_id:
        raise UnknownIdError("hours.unknown_entry", entry_id=entry_id)

    def write() -> Response:
        end_entry(request, visitor, entry_id, f"{form.get(ONCE, '')}-withdraw", "withdrawn", "")
        return _back(request, teacher_id, "withdrawn")

    return answered_or_retry(request, form, write)


def _claim(fields: dict[str, str]) -> HourClaim:
    """Raises UsageError for a number or day that is none."""
    try:
        hours, day = float(fields["hours"]), date.fromisoformat(fields["done_on"])
    except ValueError as error:
        raise UsageError("hours.claim_numbers") from error
    if any("\0" in text for text in fields.values()):
        raise UsageError("hours.claim_numbers")
    url = fields["evidence_url"] or None
    return HourClaim(fields["activity"], fields["category"], hours, day, fields["level"], evidence_url=url)


def _page(
    request: Request, teacher_id: str, after: Done, fields: dict[str, str] | None = None, mistake: str = ""
) -> Response:
    t = Words(language(request))
    view = hours_book(request).of_teachers([teacher_id])
    rules = view.ledger.standing.to_dict("records")
    standing = [row | {"reasons": [t.text(reason) for reason in reasons_of(row)]} for row in rules]
    html = page(
        request, "my_hours.html", teacher_id=teacher_id, standing=standing, activities=view.activities, as_of=view.ledger.as_of,
        categories=CATEGORIES, levels=LEVELS, fields=fields or dict.fromkeys(FIELDS, ""), mistake=mistake,
        longest=(LONGEST_ACTIVITY, LONGEST_URL, LONGEST_REASON), most=f"{MOST_HOURS:g}",
        after=t(f"hours.after_{after}") if after else "", form_token=form_token(request), once=once,
        where=link(f"/teachers/{_quoted(teacher_id)}/hours", request).partition("?")[0],
    )  # fmt: skip
    return answer(request, html, 422 if mistake else 200)


def _back(request: Request, teacher_id: str, after: str) -> Response:
    where = link(f"/teachers/{_quoted(teacher_id)}/hours", request, after=after)
    return RedirectResponse(where, 303, {"Cache-Control": "no-store"})


def _quoted(teacher_id: str) -> str:
    return quote(teacher_id, safe="")
