"""Needs of a teacher, of a school and its departments, in teacher-SD units."""

from __future__ import annotations

from datetime import date
from typing import Literal

from api.schemas.wire import Answer, Wire
from recommender.types import Band, GroupNeed, SchoolNeeds


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
