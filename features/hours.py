"""Hours of training owed: the rule that applies, what counts in the current cycle, what remains.

For each role and category the rule of the nearest jurisdiction wins: the school itself, then what stands
above it. At the same distance a rule for the role precedes one for all, then the one whose first cycle
began last. A rule whose first cycle has not begun does not apply yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.ledger.activity_records import ActivityRecords
from features.ledger.counted_activities import counted_hours
from features.organizations import Organizations
from features.schema.hour_tables import CATEGORIES
from features.tables import Tables

ANY: Final = "any"
RULE_CATEGORIES: Final = (*CATEGORIES, ANY)
COLUMNS: Final = (
    "teacher_id", "category", "cycle_start", "cycle_end", "required", "counted", "owed", "source", "maximum",
)  # fmt: skip
Index = NDArray[np.intp]


@dataclass(frozen=True)
class OwedRule:
    """What one rule still asks of a teacher in its running cycle; countable: hours that can still count towards it."""

    category: str
    cycle_end: date
    owed: float
    countable: float


@dataclass(frozen=True)
class CountedHours:
    """Hours of a course that count towards what a rule still asks: 0 < hours <= owed."""

    category: str
    cycle_end: date
    owed: float
    hours: float


@dataclass(frozen=True)
class CourseHours:
    """What a course's hours do for a teacher.

    status: counts (`counted` has an entry for each rule of its category and of `any` that still asks for hours), complete
    (these rules ask for nothing more), late (the course ends after every cycle in which hours are owed), unrecorded (no rule).
    cycle_end: the last day of the cycle that the status speaks of, None where unrecorded.
    """

    status: Literal["counts", "complete", "late", "unrecorded"]
    counted: tuple[CountedHours, ...] = ()
    cycle_end: date | None = None


def course_hours(rules: Sequence[OwedRule], category: str, hours: float, ends_on: date | None) -> CourseHours:
    """Decides how many hours of one course count for one teacher, and towards which rule.

    rules: hers. An hour counts towards the rule of the course's own category and towards the rule for `any` at the same
    time, never more hours than are owed there, and only when the course ends within the cycle (a course without dates
    counts). The rule of the course's category comes first.
    """
    applicable = sorted((r for r in rules if r.category in (category, ANY)), key=lambda r: r.category == ANY)
    if not applicable:
        return CourseHours("unrecorded")
    owing = [r for r in applicable if r.owed > 0 and r.countable > 0]
    if not owing:
        return CourseHours("complete", cycle_end=applicable[0].cycle_end)
    in_time = [r for r in owing if ends_on is None or ends_on <= r.cycle_end]
    if not in_time:
        return CourseHours("late", cycle_end=max(r.cycle_end for r in owing))
    counted = tuple(CountedHours(r.category, r.cycle_end, r.owed, min(hours, r.countable)) for r in in_time)
    return CourseHours("counts", counted, in_time[0].cycle_end)


def last_day(start: date | None, end: date | None) -> date | None:
    """The day on which a course's hours are earned: its end, else its start, else None."""
    return end or start


def course_last_days(courses: pd.DataFrame) -> list[date | None]:
    """By row of the courses table: `last_day`, None where no date is recorded."""
    starts, ends = (
        [day.date() if day is not None else None for day in courses[name].astype(object).where(courses[name].notna(), None)]
        for name in ("start_date", "end_date")
    )
    return [last_day(start, end) for start, end in zip(starts, ends, strict=True)]


def owed_rules(rows: pd.DataFrame | Mapping[str, NDArray[Any]]) -> list[OwedRule]:
    """Rows of `hours_owed` (or their columns) as rules, in their order."""
    return [
        OwedRule(str(category), pd.Timestamp(end).date(), float(owed), float(min(owed, maximum - counted)))
        for category, end, owed, counted, maximum in zip(
            rows["category"], rows["cycle_end"], rows["owed"], rows["counted"], rows["maximum"], strict=True
        )
    ]


def hours_owed(tables: Tables, as_of: date) -> pd.DataFrame:
    """One row a teacher and category with a rule in force at `as_of`, by teacher then category.

    cycle_start, cycle_end: first and last day of the current cycle. required: the rule's minimum hours.
    counted: hours of courses completed in the cycle up to `as_of` (the course's own hours where the
    enrolment has none) and of recognised entries of the ledger, each activity once (`features.ledger`), at most the rule's
    maximum. owed: required minus counted, at least 0. maximum: inf without one.
    `any` counts every category. Teachers without a rule have no row.
    """
    teachers, applied = tables["teachers"], applied_rules(tables, as_of)
    records, counting = counted_hours(tables, as_of)
    frame = pd.DataFrame({
        "teacher_id": teachers["teacher_id"].to_numpy(dtype=object)[applied.teacher],
        "category": applied.rules["category"],
        "cycle_start": applied.rules["begins"],
        "cycle_end": applied.rules["ends"],
        "required": applied.required,
        "counted": np.minimum(hours_in_cycles(applied, records, counting), applied.maximum),
    })  # fmt: skip
    frame["owed"] = np.maximum(frame["required"] - frame["counted"], 0.0)
    frame["source"] = applied.rules["source"]
    frame["maximum"] = applied.maximum
    frame["teacher_id"] = frame["teacher_id"].astype("str")
    return frame.sort_values(["teacher_id", "category"], kind="stable", ignore_index=True)[list(COLUMNS)]


@dataclass(frozen=True)
class AppliedRules:
    """A row a teacher and category with a rule in force: the rule that applies to her, in its running cycle.

    teacher (r,): row of the teachers table. rules: (r,) rows of `hour_rules` with `begins` and `ends`, first and last day of
    the cycle. category (r,): index into `RULE_CATEGORIES`.
    """

    teacher: Index
    rules: pd.DataFrame
    category: Index
    people: int

    @property
    def required(self) -> NDArray[np.float64]:
        """(r,) hours that the rule asks for."""
        return self.rules["min_hours"].to_numpy(np.float64)

    @property
    def maximum(self) -> NDArray[np.float64]:
        """(r,) hours that count at most, inf without a limit."""
        return self.rules["max_hours"].fillna(np.inf).to_numpy(np.float64)


def applied_rules(tables: Tables, as_of: date) -> AppliedRules:
    """The rules in force at `as_of`, teacher by teacher; at most one of each category for each."""
    running = _running(tables["hour_rules"], as_of)
    teacher, row = _applicable_rules(tables, running)
    rules = running.iloc[row].reset_index(drop=True)
    category = pd.Index(RULE_CATEGORIES).get_indexer(pd.Index(rules["category"], dtype=object))
    return AppliedRules(teacher, rules, category.astype(np.intp), len(tables["teachers"]))


def hours_in_cycles(applied: AppliedRules, records: ActivityRecords, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """(r,) sums of `hours` (n,) over the records of each rule's teacher, category and running cycle."""
    result = np.zeros(len(applied.teacher))
    used = np.flatnonzero(hours)
    person, kind, day, amount = records.teacher[used], records.category[used], records.day[used], hours[used]
    for code, name in enumerate(RULE_CATEGORIES):
        rows = np.flatnonzero(applied.category == code)
        if not len(rows):
            continue
        begins, ends = np.full((2, applied.people), np.datetime64("NaT"), dtype="datetime64[D]")
        begins[applied.teacher[rows]] = applied.rules["begins"].to_numpy()[rows].astype("datetime64[D]")
        ends[applied.teacher[rows]] = applied.rules["ends"].to_numpy()[rows].astype("datetime64[D]")
        inside = (day >= begins[person]) & (day <= ends[person])  # false for those without a rule
        if name != ANY:
            inside &= kind == code
        total = np.bincount(person[inside], amount[inside], applied.people)
        result[rows] = total[applied.teacher[rows]]
    return result


def _running(rules: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rules in force, with the first and last day of the cycle that contains `as_of`."""
    day = pd.Timestamp(as_of)
    rules = rules[rules["cycle_start"] <= day].reset_index(drop=True)
    begins, ends = [], []
    for start, years in zip(rules["cycle_start"], rules["cycle_years"], strict=True):
        months = max(round(years * 12), 1)
        past = (day.year - start.year) * 12 + day.month - start.month
        cycle = past // months
        if start + pd.DateOffset(months=cycle * months) > day:
            cycle -= 1
        begins.append(start + pd.DateOffset(months=cycle * months))
        ends.append(start + pd.DateOffset(months=(cycle + 1) * months) - pd.Timedelta(days=1))
    return rules.assign(
        begins=pd.Series(begins, dtype="datetime64[us]"), ends=pd.Series(ends, dtype="datetime64[us]")
    )


def _applicable_rules(tables: Tables, rules: pd.DataFrame) -> tuple[Index, Index]:
    """(teacher index, row of `rules`) of every teacher and category; the loop is over rules, which are few."""
    teachers = tables["teachers"]
    orgs = Organizations(tables["organizations"], teachers["school_id"], rules["jurisdiction"])
    schools, school = np.unique(orgs.places(teachers["school_id"]), return_inverse=True)
    role = teachers["role"].to_numpy(dtype=object)
    place = orgs.places(rules["jurisdiction"])
    t_parts, rule_parts = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for _, group in rules.groupby("category", sort=True):
        order = group.sort_values("cycle_start", kind="stable")
        best = np.full(len(teachers), -1, dtype=np.intp)
        nearest = np.full(len(teachers), np.inf)
        for row, own in zip(order.index, order["role"], strict=True):
            steps = orgs.distance(schools, place[row])[school]
            for_role = isinstance(own, str)
            rank = steps + (0.0 if for_role else 0.5)
            wins = (steps >= 0) & (rank <= nearest)
            if for_role:
                wins &= role == own
            best[wins], nearest[wins] = row, rank[wins]
        teachers_with_rule = np.flatnonzero(best >= 0)
        t_parts.append(teachers_with_rule)
        rule_parts.append(best[teachers_with_rule])
    return np.concatenate(t_parts), np.concatenate(rule_parts)

