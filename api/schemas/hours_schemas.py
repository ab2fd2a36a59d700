"""Hours of continuing education: claims, entries, decisions, the ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.feedback_schemas import Id, Why
from api.schemas.wire import Wire

Category = Literal["public", "professional", "elective"]
Level = Literal["national", "province", "city", "district", "school"]
State = Literal["claimed", "checked", "recognised", "refused", "withdrawn"]
Outcome = Literal["counted", "claimed", "checked", "refused", "withdrawn", "expired", "duplicate"]
Activity = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Url = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\x00]+$")]


class HourClaimIn(BaseModel):
    """What is claimed. teacher_id: hers without one; an office names one of its teachers. words: what she adds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher_id: Id | None = None
    activity: Activity
    category: Category
    hours: float = Field(gt=0, le=1000)
    credits: float | None = Field(default=None, ge=0, le=1000)
    done_on: date
    level: Level
    course_id: Id | None = None
    evidence_url: Url | None = None
    words: Why | None = None


class HourClaimOut(Wire):
    """The recorded claim: it is on disk."""

    entry_id: str
    teacher_id: str
    status: Literal["claimed"] = "claimed"


class HourDecisionIn(BaseModel):
    """A school checks or refuses, a district recognises or refuses; a refusal has a reason, which she reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Literal["checked", "recognised", "refused"]
    reason: Why | None = None


class HourWithdrawalIn(BaseModel):
    """reason: why, where she wants to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Why | None = None


class HourStateOut(Wire):
    """An entry in its state of now."""

    entry_id: str
    teacher_id: str
    status: State


class HourEntryOut(Wire):
    """One entry as it stands."""

    entry_id: str
    teacher_id: str
    activity: str
    platform: str | None
    course_id: str | None
    category: Category
    hours: float
    credits: float | None
    done_on: date
    level: Level
    status: State
    decided_by: str | None
    decided_on: date | None
    reason: str | None
    evidence_url: str | None


class HourEntriesOut(Wire):
    """Entries by day. left_off: how many more there are."""

    entries: tuple[HourEntryOut, ...]
    left_off: int


class HourStandingOut(Wire):
    """A teacher and one rule: hours of the running cycle. possible: more that would count if all that waits were recognised;
    the others: hours that do not count, by why."""

    teacher_id: str
    school_id: str
    category: Literal["public", "professional", "elective", "any"]
    cycle_start: date
    cycle_end: date
    required: float
    counted: float
    short: float
    possible: float
    claimed: float
    checked: float
    refused: float
    duplicate: float
    expired: float
    over_year_limit: float
    over_limit: float


class HourTotalOut(Wire):
    """An organization and category: people with a rule, how many are short, hours missing and waiting."""

    org_id: str
    org_kind: Literal["district", "school"]
    category: Literal["public", "professional", "elective", "any"]
    people: int
    people_short: int
    required: float
    counted: float
    short: float
    waiting: float


class OrganizationHoursOut(Wire):
    """The ledger of an organization: totals, and those who are short, by id. left_off: how many rows more there are."""

    org_id: str
    as_of: date
    people: int
    people_short: int
    waiting: float
    totals: tuple[HourTotalOut, ...]
    teachers: tuple[HourStandingOut, ...]
    left_off: int
