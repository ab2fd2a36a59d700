"""Hours owed: the nearest rule, the running cycle, what counts."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.hours import (
    ANY,
    COLUMNS,
    CourseHours,
    OwedRule,
    course_hours,
    hours_owed,
    last_day,
    owed_rules,
)
from features.tables import Tables, typed_frame

AS_OF = date(2026, 6, 30)
CITY = {"jurisdiction": "C", "category": "public", "cycle_start": "2024-01-01", "cycle_years": 1,
        "min_hours": 30}  # fmt: skip


def _owed(rules, taken=(), as_of=AS_OF):
    orgs = pd.DataFrame({"org_id": ["C", "D", "S", "S2"], "parent_id": [None, "C", "D", "C"]})
    teachers = pd.DataFrame({
        "teacher_id": ["A", "B", "Z"], "school_id": ["S", "S2", "NOWHERE"],
        "role": ["teacher", "principal", "teacher"],
    })  # fmt: skip
    courses = pd.DataFrame(
        {"course_id": ["K1", "K2"], "category": ["public", "elective"], "hours": [10.0, 7.0]}
    )
    done = pd.DataFrame(
        list(taken), columns=["teacher_id", "course_id", "requested_on", "completed_on", "status", "hours"]
    )
    for name in ("requested_on", "completed_on"):
        done[name] = pd.to_datetime(done[name])
    frames = {
        "organizations": orgs, "teachers": teachers, "courses": courses, "enrolments": done,
        "hour_rules": pd.DataFrame(rules),
    }  # fmt: skip
    tables = Tables({name: typed_frame(name, frame) for name, frame in frames.items()})
    return hours_owed(tables, as_of)


def _of(frame, teacher, category="public"):
    return frame[(frame["teacher_id"] == teacher) & (frame["category"] == category)].iloc[0]


def test_the_nearest_rule_wins_and_a_role_goes_before_all():
    nearest = {**CITY, "jurisdiction": "D", "min_hours": 50}
    rows = _owed([CITY, nearest])
    assert _of(rows, "A")["required"] == 50 and _of(rows, "B")["required"] == 30
    assert "Z" not in set(rows["teacher_id"])  # a school nobody registered is under no jurisdiction
    own = {**CITY, "role": "principal", "min_hours": 60}
    rows = _owed([own, CITY])
    assert _of(rows, "A")["required"] == 30 and _of(rows, "B")["required"] == 60
    far = {**CITY, "role": "teacher", "min_hours": 99}
    assert _of(_owed([far, nearest]), "A")["required"] == 50


@pytest.mark.parametrize(
    ("start", "years", "begins", "ends"),
    [("2024-01-01", 1, "2026-01-01", "2026-12-31"), ("2023-09-01", 5, "2023-09-01", "2028-08-31"),
     ("2021-07-01", 5, "2021-07-01", "2026-06-30"), ("2021-06-30", 5, "2026-06-30", "2031-06-29"),
     ("2026-01-15", 0.5, "2026-01-15", "2026-07-14")],
)  # fmt: skip
def test_the_running_cycle(start, years, begins, ends):
    row = _of(_owed([{**CITY, "cycle_start": start, "cycle_years": years}]), "A")
    assert (row["cycle_start"], row["cycle_end"]) == (pd.Timestamp(begins), pd.Timestamp(ends))


def test_a_rule_that_has_not_begun_does_not_hold_and_a_newer_one_replaces_an_older():
    later = {**CITY, "cycle_start": "2026-07-01", "min_hours": 99}
    assert _of(_owed([CITY, later]), "A")["required"] == 30
    newer = {**CITY, "cycle_start": "2026-01-01", "min_hours": 45}
    assert _of(_owed([newer, CITY]), "A")["required"] == 45


def test_only_completed_hours_of_the_cycle_and_category_count():
    taken = [
        ("A", "K1", "2026-01-02", "2026-02-01", "completed", 8.0),
        ("A", "K1", "2026-03-02", "2026-04-01", "completed", None),  # the course's own 10
        ("A", "K2", "2026-01-02", "2026-02-01", "completed", None),  # elective
        ("A", "OLD", "2026-01-02", "2026-03-01", "completed", 4.0),  # of no known category
        ("A", "K1", "2025-11-02", "2025-12-31", "completed", 8.0),
        ("A", "K1", "2026-05-02", None, "enrolled", 8.0),
        ("A", "K1", "2026-05-02", "2026-07-01", "completed", 8.0),  # after as-of
    ]
    every = {**CITY, "category": "any", "min_hours": 100}
    rows = _owed([CITY, every], taken)
    assert _of(rows, "A")["counted"] == 18 and _of(rows, "A")["owed"] == 12
    assert _of(rows, "A", "any")["counted"] == 29 and _of(rows, "B")["owed"] == 30
    capped = _of(_owed([{**CITY, "max_hours": 15}], taken), "A")
    assert capped["counted"] == 15 and capped["owed"] == 15
    enough = _of(_owed([{**CITY, "min_hours": 5}], taken), "A")
    assert enough["owed"] == 0


def test_nothing_in_nothing_out(district):
    assert tuple(hours_owed(Tables(), AS_OF).columns) == COLUMNS
    assert len(_owed([])) == 0
    known = district.until(AS_OF)
    rows = hours_owed(known, AS_OF)
    assert not rows.duplicated(["teacher_id", "category"]).any() and (rows["owed"] >= 0).all()
    assert set(rows["teacher_id"]) == set(known["teachers"]["teacher_id"])


END = date(2026, 12, 31)


def test_hours_count_towards_the_debt_of_their_category_and_of_any() -> None:
    own, every = OwedRule("public", END, 12.0, 12.0), OwedRule(ANY, END, 30.0, 30.0)
    other = OwedRule("elective", END, 8.0, 8.0)
    result = course_hours([every, other, own], "public", 50.0, END)
    assert result.status == "counts"
    assert [(part.category, part.hours, part.owed) for part in result.counted] == [
        ("public", 12.0, 12.0), (ANY, 30.0, 30.0),
    ]  # fmt: skip
    only_any = course_hours([every, other], "public", 20.0, None)
    assert [(part.category, part.hours) for part in only_any.counted] == [(ANY, 20.0)]


def test_a_course_that_ends_after_the_cycle_does_not_count_in_it() -> None:
    short, long = OwedRule("public", END, 12.0, 12.0), OwedRule(ANY, date(2028, 8, 31), 30.0, 30.0)
    late = date(2027, 1, 15)
    assert [part.category for part in course_hours([short, long], "public", 10.0, late).counted] == [ANY]
    assert course_hours([short], "public", 10.0, late) == CourseHours("late", cycle_end=END)
    assert course_hours([short], "public", 10.0, END).status == "counts"


def test_nothing_owed_no_rule_and_a_maximum_below_the_requirement() -> None:
    assert course_hours([OwedRule("public", END, 0.0, 0.0)], "public", 10.0, None).status == "complete"
    assert course_hours([OwedRule("elective", END, 5.0, 5.0)], "public", 10.0, None).status == "unrecorded"
    rows = _owed([{**CITY, "max_hours": 20}], [("A", "K1", "2026-01-02", "2026-02-01", "completed", 15.0)])
    (rule,) = owed_rules(rows[rows["teacher_id"] == "A"])
    assert (rule.owed, rule.countable) == (15.0, 5.0)
    assert course_hours([rule], "public", 50.0, None).counted[0].hours == 5.0


def test_hours_are_earned_on_the_last_day() -> None:
    first, second = date(2026, 9, 1), date(2026, 12, 1)
    assert (last_day(first, second), last_day(first, None), last_day(None, None)) == (second, first, None)
