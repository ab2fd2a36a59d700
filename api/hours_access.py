"""The ledger of hours for the routes: book and records, whose entry an address names, and audit lines of those shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import Request

from api.deps import AdviceReader, advice_service
from features.errors import UnknownIdError
from recommender.hours.hour_duty import in_scope
from recommender.hours.hours_book import HoursBook
from recommender.records.hour_records import DecidedEntry, HourRecords
from recommender.tokens import Claims

AT_ONCE: Final = 200  # entries and people of one answer


def hour_records_of(request: Request) -> HourRecords:
    """What was claimed and decided."""
    records: HourRecords = request.app.state.hour_records
    return records


def hours_book(request: Request) -> HoursBook:
    """The ledger of what is served; made once for each service."""
    service, state = advice_service(request), request.app.state
    kept = getattr(state, "hours_book", None)
    if kept is None or kept[0] is not service:
        kept = state.hours_book = service, HoursBook(service.hours_tables, hour_records_of(request), state.today)
    book: HoursBook = kept[1]
    return book


def entry_of(request: Request, entry_id: str) -> DecidedEntry:
    """The entry of an address. Raises UnknownIdError."""
    return hours_book(request).entry(entry_id)


def owns_entry(visitor: Claims, entry_id: str, request: Request) -> bool:
    """Whether it is hers, of her school's or of her district's teachers. Raises UnknownIdError."""
    return in_scope(visitor, entry_of(request, entry_id).teacher_id, advice_service(request))


def teachers_in_scope(visitor: Claims, service: AdviceReader, book: HoursBook) -> list[str]:
    """The people whose hours are the visitor's business."""
    if visitor.role == "teacher":
        return [visitor.subject]
    return book.teachers_of(schools_in_scope(visitor.scope, service))


def schools_in_scope(org_ids: Iterable[str], service: AdviceReader) -> list[str]:
    """Organizations and the schools below them; unknown ones are left out."""
    schools = set(org_ids)
    for org_id in org_ids:
        try:
            schools.update(school for school, _ in service.schools_of(org_id))
        except UnknownIdError:
            continue
    return sorted(schools)
