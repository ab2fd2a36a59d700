"""The wire: pydantic classes with the column names of the files; gains and needs in teacher-SD units."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.redaction import open_reasons, proposal_order
from recommender.plans.plan_record import WITH_NAMES
from recommender.plans.plan_store import PlanState, PlanStatus
from recommender.text import Lang
from recommender.types import (
    Advice,
    Band,
    Basis,
    GroupNeed,
    Recommendation,
    SchoolNeeds,
    Status,
    UnitKind,
)


class Wire(BaseModel):
    """Read from the frozen dataclasses; numbers that are not finite become null."""

    model_config = ConfigDict(from_attributes=True, frozen=True, ser_json_inf_nan="null")


class ReasonOut(Wire):
    """One of the fixed lines, complete in each language."""

    kind: Literal["need", "fit", "feasible", "evidence", "counter"]
    zh: str
    en: str


class GoalOut(Wire):
    """A competency the course is for."""

    competency_id: str
    name_zh: str
    name_en: str
    weight: float


class CourseOut(Wire):
    """One row of the catalogue; null where the tables hold nothing. Money in yuan, release in days."""

    course_id: str
    title: str
    provider_id: str
    provider_name: str
    owner_level: str
    subjects: tuple[str, ...]
    stages: tuple[str, ...]
    mode: str
    form: str
    hours: float
    category: str
    fixed_cost: float
    seat_cost: float
    min_seats: int
    max_seats: int
    release_days: float
    start_date: date | None
    end_date: date | None
    units: int | None
    description: str | None
    goals: tuple[GoalOut, ...]

    @field_validator("goals", mode="before")
    @classmethod
    def _name_goals(cls, goals: Any) -> Any:
        return [dict(zip(GoalOut.model_fields, g, strict=True)) if isinstance(g, tuple) else g for g in goals]


class RecommendationOut(Wire):
    """One place of a list."""

    rank: int
    course_id: str
    score: float
    gain_mean: float
    gain_sd: float
    p_complete: float
    basis: Basis
    tied_with_previous: bool
    reasons: tuple[ReasonOut, ...]
    course: CourseOut

    @classmethod
    def of(cls, place: Recommendation) -> RecommendationOut:
        """The place with its course id beside its rank, as in the files."""
        return cls.model_validate(
            {name: getattr(place, name) for name in cls.model_fields if name != "course_id"}
            | {"course_id": place.course.course_id}
        )


class AdviceOut(Wire):
    """The whole list, for the person it is about."""

    unit_kind: UnitKind
    unit_id: str
    status: Status
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool
    recommendations: tuple[RecommendationOut, ...]

    @classmethod
    def of(cls, advice: Advice) -> AdviceOut:
        """Everything that is held."""
        places = tuple(RecommendationOut.of(place) for place in advice.recommendations)
        fields = {name: getattr(advice, name) for name in cls.model_fields if name != "recommendations"}
        return cls.model_validate(fields | {"recommendations": places})


class ProposalOut(Wire):
    """A training proposal: the course, its fit and feasibility; no band, gain, need or order by need."""

    course_id: str
    reasons: tuple[ReasonOut, ...]
    course: CourseOut


class ProposalsOut(Wire):
    """Proposals of a teacher (by title) or of a school (in order) for those who organise training."""

    unit_kind: UnitKind
    unit_id: str
    status: Status | None
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool
    recommendations: tuple[ProposalOut, ...]

    @classmethod
    def of(cls, advice: Advice) -> ProposalsOut:
        """The advice without what it says about people; `status` speaks of a school, never of a teacher."""
        return cls(
            unit_kind=advice.unit_kind,
            unit_id=advice.unit_id,
            status=advice.status if advice.unit_kind == "school" else None,
            objective=advice.objective,
            ranked_by=advice.ranked_by,
            model_version=advice.model_version,
            as_of=advice.as_of,
            made_up=advice.made_up,
            recommendations=tuple(
                ProposalOut(
                    course_id=place.course.course_id,
                    reasons=tuple(ReasonOut.model_validate(reason) for reason in open_reasons(place)),
                    course=CourseOut.model_validate(place.course),
                )
                for place in proposal_order(advice)
            ),
        )


class NeedOut(Wire):
    """One competency; `points` = 50 + 10 x teacher-SD, `range_points` the 90% range on that scale."""

    competency_id: str
    name_zh: str
    name_en: str
    mean: float
    sd: float
    reliability: float
    gap_mean: float
    gap_sd: float
    p_need: float
    expected_gap: float
    band: Band
    sources: tuple[str, ...]
    n_evidence: int
    points: float
    target_points: float
    range_points: tuple[float, float]


class HoursOut(Wire):
    """Hours of one rule in its running cycle."""

    category: str
    cycle_start: date
    cycle_end: date
    required: float
    counted: float
    owed: float
    source: str | None


class TeacherNeedsOut(Wire):
    """All that is held on her, largest expected gap first."""

    teacher_id: str
    name: str | None
    school_id: str
    school_name: str
    needs: tuple[NeedOut, ...]
    hours: tuple[HoursOut, ...]
    as_of: date
    made_up: bool


class GroupNeedOut(Wire):
    """A group's need; `hidden` where it would tell about too few people (no head count where these are all)."""

    unit_kind: Literal["department", "school"]
    unit_id: str
    label: str
    members: int | None
    hidden: bool
    need: NeedOut | None

    @classmethod
    def of(cls, group: GroupNeed, floor: int) -> GroupNeedOut:
        """Groups below `floor` members give no head count; without a number to show they are hidden too."""
        hidden = group.need is None
        return cls(
            unit_kind=group.unit_kind,
            unit_id=group.unit_id,
            label=group.label,
            members=None if group.members < floor else group.members,
            hidden=hidden,
            need=None if group.need is None else NeedOut.model_validate(group.need),
        )


class SchoolViewOut(Wire):
    """Where pupils are and what the school adds: (mean, sd) in pupil-SD units, null where not known."""

    competency_id: str
    name_zh: str
    name_en: str
    level: tuple[float, float] | None
    gain: tuple[float, float] | None


class SchoolNeedsOut(Wire):
    """Needs of departments and of the school; level and gain side by side."""

    school_id: str
    name: str
    departments: tuple[GroupNeedOut, ...]
    school: tuple[GroupNeedOut, ...]
    views: tuple[SchoolViewOut, ...]
    as_of: date
    made_up: bool

    @classmethod
    def of(cls, needs: SchoolNeeds, floor: int) -> SchoolNeedsOut:
        """Of needs that were made visible for the reader before."""
        return cls(
            school_id=needs.school_id,
            name=needs.name,
            departments=tuple(GroupNeedOut.of(group, floor) for group in needs.departments),
            school=tuple(GroupNeedOut.of(group, floor) for group in needs.school),
            views=tuple(SchoolViewOut.model_validate(view) for view in needs.views),
            as_of=needs.as_of,
            made_up=needs.made_up,
        )


class CoursePageOut(Wire):
    """A slice of the catalogue; send `cursor` back for the next one."""

    courses: tuple[CourseOut, ...]
    cursor: str | None
    total: int


class PlanOut(Wire):
    """A question to the planner; summary and tables as in the plan's files, numbers as numbers, once it is done.

    `interrupted`: the process that worked on it was killed; ask again. Numbers about fewer than ten people are null.
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

    @classmethod
    def of(cls, status: PlanStatus, lang: Lang) -> PlanOut:
        """Without the names of people, which are in the workbook; `message` in the reader's language."""
        tables = {} if status.tables is None else status.tables.model_dump(exclude=set(WITH_NAMES))
        return cls(
            plan_id=status.plan_id, state=status.state, district_id=status.district_id, budget=status.budget,
            limits=status.limits, what=status.what, share=status.share,
            message=status.message.zh if lang == "zh" else status.message.en,
            summary=None if status.summary is None else status.summary.content(),
            tables=tables,
        )  # fmt: skip


class ModelOut(Wire):
    """One trained version."""

    version: str
    current: bool


class ModelsOut(Wire):
    """All versions; `current` is null until one is promoted."""

    models: tuple[ModelOut, ...]
    current: str | None


class FaultOut(Wire):
    """One thing wrong with a request."""

    parameter: str
    expected: str


class ProblemOut(Wire):
    """RFC 9457: title in the reader's language, both beside; `reference` finds the line in the log."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    title_zh: str
    title_en: str
    reference: str = Field(description="quote it when asking for help")
    errors: tuple[FaultOut, ...] = ()
