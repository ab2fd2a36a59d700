"""Results for the layers above: frozen dataclasses instead of data frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from math import floor
from typing import Final, Literal

from features.hours import CourseHours
from features.needs.needs import LEAST_SHORT

UnitKind = Literal["teacher", "school"]
Basis = Literal["personal", "group", "uptake", "unpersonalised"]
Status = Literal["listed", "thin", "no_course", "met", "expired"]
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
    """One place of a list; gains in teacher-SD units, `p_complete` is P(complete | enrolled).

    need_id: the competency whose need it is listed for, None for an extension course. tied_with_first: its gain differs from
    the first place's by less than the standard deviation of that difference. hours: what its hours do for the teacher, None
    on a school's list.
    """

    rank: int
    course: Course
    score: float
    gain_mean: float
    gain_sd: float
    p_complete: float
    basis: Basis
    reasons: tuple[Reason, ...]
    tied_with_previous: bool
    tied_with_first: bool = False
    need_id: str | None = None
    hours: CourseHours | None = None

    @property
    def extension(self) -> bool:
        """Whether it serves none of the unit's needs; a list by take-up speaks of no need at all."""
        return self.need_id is None and self.basis != "uptake"

    @property
    def help_points(self) -> tuple[float, float, float]:
        """Expected help in points with its 90% range, competencies added up with their weights."""
        half = POINTS_PER_SD * Z_90 * self.gain_sd
        mean = POINTS_PER_SD * self.gain_mean
        return mean, mean - half, mean + half


@dataclass(frozen=True)
class Advice:
    """The list of one unit and its status.

    open_on: the day on which its courses are open, as_of by default. closed: none of them is open today, because nothing is
    open to the unit any more; they were open at as-of.

    Of a teacher alone: intended, ids of the courses that she would like to attend; personalised, whether data about her are
    used.
    """

    unit_kind: UnitKind
    unit_id: str
    status: Status
    recommendations: tuple[Recommendation, ...]
    objective: Literal["gain", "uptake"]
    ranked_by: str
    model_version: str
    as_of: date
    made_up: bool
    open_on: date | None = None
    intended: frozenset[str] = frozenset()
    personalised: bool = True
    closed: bool = False


def _whole(points: float) -> int:
    """Halves up, whatever the last digits of a sum are: one target is one number for everybody."""
    return floor(round(points, 6) + 0.5)


@dataclass(frozen=True)
class NeedPoints:
    """A need in whole points, as it is shown: each figure rounded once, differences taken from what is shown."""

    estimate: int
    low: int
    high: int
    target: int

    @classmethod
    def of(cls, mean: float, sd: float, gap_mean: float) -> NeedPoints:
        """From teacher-SD units; low and high are the 90% range of the estimate."""
        at = ORIGIN + POINTS_PER_SD * mean
        half = POINTS_PER_SD * Z_90 * sd
        return cls(*(_whole(value) for value in (at, at - half, at + half, at + POINTS_PER_SD * gap_mean)))

    @property
    def below(self) -> int:
        """Points below target; negative above it."""
        return self.target - self.estimate

    @property
    def below_range(self) -> tuple[int, int]:
        """The same for the range of the estimate."""
        return self.target - self.high, self.target - self.low


@dataclass(frozen=True)
class Need:
    """The need of one unit in one competency. `mean`, `sd` and gaps in teacher-SD units; points are 50 + 10 x SD.

    Of teachers alone: records, the number of her own by source (lessons observed, surveys, classes in a test); latest_on, the
    date of the newest; target_of, the filled selectors of the target that holds for her (ladder_step, stage, subject, role).
    estimate_from: own, own_other, department, school, district, career or none.
    """

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
    records: tuple[tuple[str, int], ...] = ()
    latest_on: date | None = None
    target_of: tuple[str, ...] = ()
    estimate_from: str = "own"

    @property
    def is_need(self) -> bool:
        """Clear or possible, with the estimate below the target."""
        return self.band in ("clear", "possible") and self.gap_mean >= LEAST_SHORT

    @property
    def points(self) -> float:
        """The estimate in points."""
        return ORIGIN + POINTS_PER_SD * self.mean

    @property
    def whole_points(self) -> NeedPoints:
        """Estimate, range and target as pages and sentences show them."""
        return NeedPoints.of(self.mean, self.sd, self.gap_mean)

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
    """A teacher's entry in the register, her needs (largest expected gap first) and her hours.

    measured: whether there is any record of her own; origins: whose records her estimates reflect otherwise (department,
    school, step); open_courses: one entry for each clear or possible need, in the order of `needs`, none where she wants
    no recommendation from data about her (personalised).
    """

    teacher_id: str
    name: str | None
    school_id: str
    school_name: str
    needs: tuple[Need, ...]
    hours: tuple[Hours, ...]
    as_of: date
    made_up: bool
    measured: bool = True
    origins: tuple[str, ...] = ()
    open_courses: tuple[NeedCourse, ...] = ()
    personalised: bool = True


@dataclass(frozen=True)
class NeedCourse:
    """The open course that is expected to help most with one need; None where no course open to her serves it.

    help_mean, help_sd: by how much it closes this gap, teacher-SD, the chance of not completing included.
    """

    competency_id: str
    course: Course | None
    help_mean: float = 0.0
    help_sd: float = 0.0

    @property
    def help_points(self) -> tuple[float, float, float]:
        """Expected help in points with its 90% range."""
        half = POINTS_PER_SD * Z_90 * self.help_sd
        mean = POINTS_PER_SD * self.help_mean
        return mean, mean - half, mean + half


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
