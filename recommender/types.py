"""Results for the layers above: frozen dataclasses instead of data frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

UnitKind = Literal["teacher", "school"]
Basis = Literal["personal", "group", "uptake", "unpersonalised"]
Status = Literal["listed", "thin", "no_course", "met"]
Band = Literal["clear", "possible", "none", "thin"]
ORIGIN: Final = 50.0  # points of a competency at 0 teacher-SD
POINTS_PER_SD: Final = 10.0
Z_90: Final = 1.6449  # half the width of a 90% interval, in standard deviations


@dataclass(frozen=True)
class Reason:
    """One of the five lines: `kind` names it; `zh` and `en` are whole sentences."""

    kind: Literal["need", "fit", "feasible", "evidence", "counter"]
    zh: str
    en: str


@dataclass(frozen=True)
class Course:
    """A course of the catalogue with names for ids; None where a cell is empty. Money in yuan."""

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
    goals: tuple[tuple[str, str, str, float], ...]  # competency_id, name_zh, name_en, weight


@dataclass(frozen=True)
class Recommendation:
    """One place of a list; gains in teacher-SD units, `p_complete` is P(complete | enrolled)."""

    rank: int
    course: Course
    score: float
    gain_mean: float
    gain_sd: float
    p_complete: float
    basis: Basis
    reasons: tuple[Reason, ...]
    tied_with_previous: bool


@dataclass(frozen=True)
class Advice:
    """The list of one unit and its status."""

    unit_kind: UnitKind
    unit_id: str
    status: Status
    recommendations: tuple[Recommendation, ...]
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool


@dataclass(frozen=True)
class Need:
    """The need of one unit in one competency. `mean`, `sd` and gaps in teacher-SD units; points are 50 + 10 x SD."""

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

    @property
    def points(self) -> float:
        """The estimate in points."""
        return ORIGIN + POINTS_PER_SD * self.mean

    @property
    def target_points(self) -> float:
        """The target in points."""
        return ORIGIN + POINTS_PER_SD * (self.mean + self.gap_mean)

    @property
    def range_points(self) -> tuple[float, float]:
        """The 90% interval of the estimate in points."""
        half = POINTS_PER_SD * Z_90 * self.sd
        return self.points - half, self.points + half


@dataclass(frozen=True)
class TeacherNeeds:
    """A teacher's entry in the register, her needs (largest expected gap first) and her hours."""

    teacher_id: str
    name: str | None
    school_id: str
    school_name: str
    needs: tuple[Need, ...]
    hours: tuple[Hours, ...]
    as_of: date
    made_up: bool


@dataclass(frozen=True)
class Hours:
    """Hours of one rule in its running cycle; `counted` is capped by the rule's maximum."""

    category: str
    cycle_start: date
    cycle_end: date
    required: float
    counted: float
    source: str | None

    @property
    def owed(self) -> float:
        """Hours still to do."""
        return max(self.required - self.counted, 0.0)


@dataclass(frozen=True)
class GroupNeed:
    """A need of a department or school; `need` is None where the group is too small to publish.

    people: how many of the members the need is about, those to whom the competency applies; None where not counted.
    """

    unit_kind: Literal["department", "school"]
    unit_id: str
    label: str
    members: int
    need: Need | None
    people: int | None = None


@dataclass(frozen=True)
class SchoolView:
    """Pupils' level and the school's gain: (mean, sd) each in pupil-SD units, None where not estimated."""

    competency_id: str
    name_zh: str
    name_en: str
    level: tuple[float, float] | None
    gain: tuple[float, float] | None


@dataclass(frozen=True)
class SchoolNeeds:
    """Needs of a school's departments (five or more teachers) and of the school; level beside gain."""

    school_id: str
    name: str
    departments: tuple[GroupNeed, ...]
    school: tuple[GroupNeed, ...]
    as_of: date
    made_up: bool
    views: tuple[SchoolView, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page of the catalogue; `cursor` is the argument for the next one, None at the end."""

    courses: tuple[Course, ...]
    cursor: str | None
    total: int = field(default=0)
