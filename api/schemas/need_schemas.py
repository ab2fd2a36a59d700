"""Needs of a teacher, of a school and its departments, in teacher-SD units."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator

from api.schemas.wire import Answer, Wire
from recommender.types import Band, GroupNeed, NeedCourse, SchoolNeeds


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
    records: dict[str, int] = Field(description="her own, by source; empty for groups")
    latest_on: date | None
    target_of: tuple[str, ...]
    estimate_from: str
    is_need: bool
    points: float
    target_points: float
    range_points: tuple[float, float]

    @field_validator("records", mode="before")
    @classmethod
    def _by_source(cls, records: Any) -> Any:
        return dict(records)


class NeedCourseOut(Wire):
    """The open course that helps most with one need, null where none is open; help in points with its 90% range."""

    competency_id: str
    course_id: str | None
    help_points: tuple[float, float, float]

    @classmethod
    def of(cls, entry: NeedCourse) -> NeedCourseOut:
        """With the course's id alone."""
        course = None if entry.course is None else entry.course.course_id
        return cls(competency_id=entry.competency_id, course_id=course, help_points=entry.help_points)


class HoursOut(Wire):
    """Hours of one rule in its running cycle."""

    category: str
    cycle_start: date
    cycle_end: date
    required: float
    counted: float
    owed: float
    source: str | None


class TeacherNeedsOut(Answer):
    """Her needs, largest expected gap first, and her hours."""

    teacher_id: str
    name: str | None
    school_id: str
    school_name: str
    needs: tuple[NeedOut, ...]
    hours: tuple[HoursOut, ...]
    as_of: date
    made_up: bool
    measured: bool = Field(description="whether there is any record of her own")
    origins: tuple[str, ...] = Field(description="whose records her estimates reflect otherwise")
    open_courses: tuple[NeedCourseOut, ...]

    @field_validator("open_courses", mode="before")
    @classmethod
    def _ids(cls, entries: Any) -> Any:
        return [NeedCourseOut.of(entry) if isinstance(entry, NeedCourse) else entry for entry in entries]


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


class SchoolNeedsOut(Answer):
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
