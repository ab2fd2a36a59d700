"""A plan as it is kept: `plan.json`, from which page, JSON, CSV files and workbook are made.

Fields of a row are the columns of its CSV file, in order. Gains are in teacher-SD summed over people, money in yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from recommender.planning.marginal_value import MarginalValue

VERSION: Final = 1
Number = int | float


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Assignment(_Record):
    """A seat of a person."""

    teacher_id: str
    course_id: str


class PlanLine(_Record):
    """An opened course; expected_gain None: about too few people."""

    course_id: str
    seats: int
    cost: float
    expected_gain: float | None
    title: str


class SchoolSeats(_Record):
    """How many seats of a course go to a school."""

    course_id: str
    school_id: str
    seats: int


class PriceRow(_Record):
    """What one unit more of a limit would add, and the sentence that says so."""

    limit: str
    unit: str
    price: float
    key: str
    zh: str
    en: str


class BudgetPoint(_Record):
    """What another budget would bring."""

    budget: float
    objective: float
    bound: float
    expected_gain: float
    cost: float
    seats: int
    teachers: int
    needs_covered: int
    needs_met: float | None = None


class EquityPoint(_Record):
    """What another floor of every school would bring; gains a head None: about too few people."""

    floor_share: float
    objective: float
    bound: float
    expected_gain: float
    teachers: int
    weaker_teachers: int
    other_teachers: int
    weaker_gain_each: float | None
    other_gain_each: float | None


class CourseStability(_Record):
    """How often a course is in the plans solved within the error of the evidence."""

    course_id: str
    in_plan: bool
    open_share: float | None
    band: Literal["always", "discuss", "sometimes"]


class LotterySeat(_Record):
    """One entry of a drawing."""

    drawing: int
    teacher_id: str
    course_id: str
    propensity: float
    won: bool
    seed: int


class BriefRow(_Record):
    """Needs of one stage that no course meets."""

    competency_id: str
    name_zh: str
    name_en: str
    stage: str
    needing: int
    no_course: int
    uncovered: int
    mean_gap: float


class ConflictRow(_Record):
    """A requirement of a set that no plan meets; enough: the value at which this set alone can be met."""

    set: int
    limit: str
    key: str
    requested: Number | None
    enough: Number | None
    proven: bool


class RemedyRow(_Record):
    """A change: all rows of one number together make the whole plan possible; enough None: leave it out."""

    remedy: int
    limit: str
    key: str
    requested: Number | None
    enough: Number | None


class PlanTables(_Record):
    """One attribute a CSV file, by its name."""

    assignments: tuple[Assignment, ...] = ()
    lines: tuple[PlanLine, ...] = ()
    seats: tuple[SchoolSeats, ...] = ()
    prices: tuple[PriceRow, ...] = ()
    frontier: tuple[BudgetPoint, ...] = ()
    equity: tuple[EquityPoint, ...] = ()
    stability: tuple[CourseStability, ...] = ()
    lottery: tuple[LotterySeat, ...] = ()
    brief: tuple[BriefRow, ...] = ()
    conflicts: tuple[ConflictRow, ...] = ()
    remedies: tuple[RemedyRow, ...] = ()


class PlanSummary(_Record):
    """`summary.json`: the contract's fields and what belongs beside them."""

    plan_id: str
    district_id: str
    district_name: str
    status: str  # optimal, feasible or infeasible
    objective: float | None
    bound: float | None
    gap: float | None
    expected_gain: float | None
    expected_gain_sd: float | None
    expected_gain_low: float | None = None
    expected_gain_high: float | None = None
    flattery_at_most: float | None = None
    cost: float
    budget: float
    seats: int
    teachers: int
    teachers_in_district: int
    courses: int = 0
    needs_covered: int | None  # clear or possible needs that a seat mainly serves
    needs_in_all: int | None = None  # clear or possible needs of all teachers in scope
    needs_met: float | None = None  # expected number of needs brought to within 3 points of the target
    needs_met_low: float | None = None
    needs_met_high: float | None = None
    gap_closed_share: float | None = None  # of the gap of the needs covered
    courses_always: int | None = None  # of the courses, in all plans redrawn within the error of the evidence
    lottery_share_suggested: float | None = None  # by the value of what it would teach; None where it cannot be told
    seconds: float
    seed: int
    stopped_early: bool = False
    draws: int = 0
    margin: MarginalValue | None = None
    limits: dict[str, Any]
    as_of: date
    today: date | None = None  # for which the plan is made; None in plans of earlier versions
    open_on: date | None = None  # on which its courses are open: today, or as-of where none is open any more
    open_then: int | None = None  # courses of the catalogue open at as-of
    closed: int | None = None  # those of them that are not open today
    model_version: str
    tables: str = ""
    made_up: bool
    sentences: tuple[dict[str, str], ...]

    def content(self) -> dict[str, Any]:
        """As `summary.json` holds it."""
        return self.model_dump() | {"seconds": round(self.seconds, 3)}


class CourseDetail(_Record):
    """What the workbook says of an opened course beside its line."""

    form: str
    hours: float
    max_seats: int
    open_share: float | None


class PlanRecord(_Record):
    """courses: details of the lines, in their order. school_names: of schools with seats."""

    version: Literal[1] = VERSION
    summary: PlanSummary
    tables: PlanTables
    courses: tuple[CourseDetail, ...]
    school_names: dict[str, str]

    @property
    def titles(self) -> dict[str, str]:
        """Of the opened courses."""
        return {line.course_id: line.title for line in self.tables.lines}


def _rows_of(name: str) -> type[_Record]:
    row: type[_Record] = PlanTables.model_fields[name].annotation.__args__[0]  # type: ignore[union-attr]
    return row


ROWS: Final[Mapping[str, type[_Record]]] = {name: _rows_of(name) for name in PlanTables.model_fields}
"""Table -> what one of its rows is."""
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {name: tuple(row.model_fields) for name, row in ROWS.items()}
"""File -> columns, in order."""
WITH_NAMES: Final = ("assignments", "lottery")
"""Tables that name people."""
