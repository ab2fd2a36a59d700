"""Plans as the interface answers them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.deps import AdviceReader
from api.schemas.feedback_schemas import Why
from api.schemas.wire import VersionOut, Wire
from recommender.plans.adoption import AdoptionAction
from recommender.plans.plan_jobs import PlanState
from recommender.plans.plan_record import WITH_NAMES
from recommender.plans.plan_status import PlanStatus
from recommender.text import Lang


class AdoptionIn(BaseModel):
    """Why a plan is adopted. beside: the plans that stand go on standing; otherwise this one replaces them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Why = ""
    beside: bool = Field(default=False, strict=True)


class WithdrawalIn(BaseModel):
    """Why the adoption of a plan is taken back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Why = ""


class AdoptionOut(Wire):
    """Who adopted a plan (or took that back: `action` withdraw), when (ISO, UTC) and why. `version`: counts up by district."""

    by: str
    at: str
    why: str
    version: int
    plan_id: str
    action: AdoptionAction


class PlanOut(Wire):
    """A question to the planner; summary and tables as in the plan's files, numbers as numbers, once it is done.

    `interrupted`: the process that worked on it was killed; it is tried once more. `stopped`: before it began. `expired`:
    not finished in time. `stale`: the data have changed since. `damaged`: its files are; ask again. `version` is what it
    comes from. `adoption`: null unless this is the plan of the district that stands.
    `adoption_history`: every adoption and withdrawal of the district, newest first. Numbers about fewer than ten people are null.
    `courses_closed`: how many of its courses are not open `today` or have left the catalogue, once it is done.
    """

    plan_id: str
    state: PlanState
    district_id: str
    budget: float
    limits: dict[str, Any]
    what: str
    share: float
    message: str
    summary: dict[str, Any] | None
    tables: dict[str, tuple[dict[str, Any], ...]]
    version: VersionOut | None
    adoption: AdoptionOut | None
    adoption_history: tuple[AdoptionOut, ...]
    today: date
    courses_closed: int | None

    @classmethod
    def of(cls, status: PlanStatus, lang: Lang, service: AdviceReader) -> PlanOut:
        """Without the names of people, which are in the workbook; `message` in the reader's language."""
        tables = {} if status.tables is None else status.tables.model_dump(exclude=set(WITH_NAMES))
        return cls(
            plan_id=status.plan_id, state=status.state, district_id=status.district_id, budget=status.budget,
            limits=status.limits, what=status.what, share=status.share,
            message=status.message.zh if lang == "zh" else status.message.en,
            summary=None if status.summary is None else status.summary.content(),
            tables=tables, version=None if status.version is None else VersionOut.model_validate(status.version),
            adoption=None if status.adoption is None else AdoptionOut.model_validate(status.adoption),
            adoption_history=tuple(AdoptionOut.model_validate(one) for one in status.history),
            today=service.age.open_on,
            courses_closed=None if status.tables is None else service.closed([line.course_id for line in status.tables.lines]),
        )  # fmt: skip
