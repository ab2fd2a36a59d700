"""Who decides on an entry of hours: the school checks (审核), the district or city recognises (认定), nobody decides her own.

A teacher takes back what she claimed here. A school refuses what it has not checked, a district what the school checked,
and takes back a recognition that was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from features.errors import UnknownIdError, UsageError
from features.ledger.joined_entries import CLAIM_PREFIX
from recommender.records.hour_records import DecidedEntry, HourDecision, HourStateError
from recommender.tokens import Claims, Role

AFTER: Final[Mapping[Role, Mapping[HourDecision, tuple[str, ...]]]] = {
    "teacher": {"withdrawn": ("claimed", "checked")},
    "school": {"checked": ("claimed",), "refused": ("claimed",)},
    "district": {"recognised": ("checked",), "refused": ("checked", "recognised")},
}
"""By role: its decisions, and the states that each may follow."""
WAITS: Final[Mapping[Role, str]] = {"school": "claimed", "district": "checked"}
"""The state in which an entry waits for a role."""


class HoursPartialityError(UsageError):
    """Nobody decides on her own hours."""


class SchoolDirectory(Protocol):
    """The part of `AdviceService` that is used here."""

    def school_of(self, teacher_id: str) -> str: ...
    def ancestors(self, org_id: str) -> Sequence[str]: ...


def in_scope(visitor: Claims, teacher_id: str, schools: SchoolDirectory) -> bool:
    """Whether a teacher's hours are the visitor's business: herself, her school, a district or city above it."""
    if visitor.role == "teacher":
        return visitor.subject == teacher_id
    try:
        school = schools.school_of(teacher_id)
        own = {school} if visitor.role == "school" else {school, *schools.ancestors(school)}
    except UnknownIdError:
        return False
    return visitor.role in AFTER and bool(own & visitor.scope)


def refuse_unfit(visitor: Claims, entry: DecidedEntry, decision: HourDecision) -> None:
    """Raises HoursPartialityError for her own hours, HourStateError where the decision is not the role's or not possible now."""
    if visitor.role != "teacher" and visitor.subject == entry.teacher_id:
        raise HoursPartialityError("hours.partial")
    if visitor.role == "teacher" and not entry.entry_id.startswith(CLAIM_PREFIX):
        raise HourStateError("hours.not_a_claim")
    if entry.state not in AFTER.get(visitor.role, {}).get(decision, ()):
        raise HourStateError("hours.wrong_state")


def may_decide(visitor: Claims, entry: DecidedEntry, decision: HourDecision) -> bool:
    """Whether `refuse_unfit` lets it pass."""
    try:
        refuse_unfit(visitor, entry, decision)
    except UsageError:
        return False
    return True
