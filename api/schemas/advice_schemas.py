"""Lists for the person they are about, and proposals for those who organise training; gains in teacher-SD units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from api.redaction import open_reasons, proposal_order
from api.schemas.course_schemas import CourseOut
from api.schemas.wire import Answer, Wire
from recommender.plans.adopted_seats import AdoptedSeats
from recommender.types import Advice, Basis, Recommendation, Status, UnitKind


class ReasonOut(Wire):
    """One of the fixed lines, complete in each language."""

    kind: Literal["need", "fit", "feasible", "evidence", "counter"]
    zh: str
    en: str


class CountedHoursOut(Wire):
    """Hours of a course that count towards what one rule still asks."""

    category: str
    cycle_end: date
    owed: float
    hours: float


class CourseHoursOut(Wire):
    """What a course's hours do for a teacher."""

    status: Literal["counts", "complete", "late", "unrecorded"]
    counted: tuple[CountedHoursOut, ...]
    cycle_end: date | None


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
    tied_with_first: bool
    need_id: str | None
    extension: bool
    help_points: tuple[float, float, float] = Field(description="expected help with its 90% range, points")
    hours: CourseHoursOut | None
    reasons: tuple[ReasonOut, ...]
    course: CourseOut

    @classmethod
    def of(cls, place: Recommendation) -> RecommendationOut:
        """The place with its course id beside its rank, as in the files."""
        return cls.model_validate(
            {name: getattr(place, name) for name in cls.model_fields if name != "course_id"}
            | {"course_id": place.course.course_id}
        )


class AdviceOut(Answer):
    """The whole list, for the person it is about."""

    unit_kind: UnitKind
    unit_id: str
    status: Status
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool
    open_on: date | None = Field(description="the day on which the courses are open")
    closed: bool = Field(description="nothing is open to the unit any more: these were open at as_of")
    recommendations: tuple[RecommendationOut, ...]

    @classmethod
    def of(cls, advice: Advice) -> AdviceOut:
        """The whole advice."""
        places = tuple(RecommendationOut.of(place) for place in advice.recommendations)
        fields = {name: getattr(advice, name) for name in cls.model_fields if name not in ("recommendations", "version", "age")}
        return cls.model_validate(fields | {"recommendations": places})


class ProposalOut(Wire):
    """A training proposal: the course, its fit and feasibility; no band, gain, need or order by need."""

    course_id: str
    reasons: tuple[ReasonOut, ...]
    course: CourseOut


class SeatsInCourseOut(Wire):
    """Seats of the school in one course."""

    course_id: str
    seats: int


class AdoptedSeatsOut(Wire):
    """An adopted plan of an organization above the school, with the school's seats in it; no names."""

    plan_id: str
    org_id: str
    adopted_on: date
    courses: tuple[SeatsInCourseOut, ...]


class ProposalsOut(Answer):
    """Proposals of a teacher (by title) or of a school (in order) for those who organise training."""

    unit_kind: UnitKind
    unit_id: str
    status: Status | None
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool
    open_on: date | None = Field(description="the day on which the courses are open")
    closed: bool = Field(description="nothing is open to the unit any more: these were open at as_of")
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
            open_on=advice.open_on,
            closed=advice.closed,
            recommendations=tuple(
                ProposalOut(
                    course_id=place.course.course_id,
                    reasons=tuple(ReasonOut.model_validate(reason) for reason in open_reasons(place)),
                    course=CourseOut.model_validate(place.course),
                )
                for place in proposal_order(advice)
            ),
        )


class SchoolProposalsOut(ProposalsOut):
    """Proposals of a school and its seats in adopted plans, the newest adoption first."""

    adopted_seats: tuple[AdoptedSeatsOut, ...] = ()

    @classmethod
    def of_school(cls, advice: Advice, seats: Sequence[AdoptedSeats]) -> SchoolProposalsOut:
        """Both together."""
        fields = {name: value for name, value in ProposalsOut.of(advice) if name != "version"}
        return cls(**fields, adopted_seats=tuple(AdoptedSeatsOut.model_validate(one) for one in seats))
