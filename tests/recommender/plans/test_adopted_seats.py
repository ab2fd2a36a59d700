"""A school's seats are those of plans that somebody above it adopted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.planning.plan_report import PlanReport
from recommender.plans.adopted_seats import adopted_seats
from recommender.plans.plan_store import PlanStore

ID, OTHER = "P0123456789ab", "P0123456789ac"


@pytest.fixture
def plans(store: PlanStore, written: Callable[..., Path]) -> PlanStore:
    """With two finished plans of one district."""
    for plan_id in (ID, OTHER):
        written(store.folder / plan_id, "plan")
    return store


def test_nothing_is_told_before_a_plan_is_adopted_nor_outside(plans: PlanStore, reports: dict[str, PlanReport]) -> None:
    school = reports["plan"].school_seats[0][1]
    assert adopted_seats(plans, school, ("D",)) == ()
    plans.adopt(ID, "planner")
    assert adopted_seats(plans, school, ("another district",)) == ()
    assert [one.plan_id for one in adopted_seats(plans, school, (school, "D", "C"))] == [ID]


def test_all_schools_together_have_all_seats(plans: PlanStore, reports: dict[str, PlanReport]) -> None:
    report = reports["plan"]
    plans.adopt(ID, "planner")
    seats = {school: adopted_seats(plans, school, ("D",))[0] for school in report.school_names}
    assert sum(one.seats for one in seats.values()) == report.seats
    for course, school, n in report.school_seats:
        assert {row.course_id: row.seats for row in seats[school].courses}[course] == n
    assert adopted_seats(plans, "a school without seats", ("D",))[0].courses == ()


def test_of_a_district_the_seats_of_the_plan_that_stands_count(plans: PlanStore, reports: dict[str, PlanReport]) -> None:
    school = reports["plan"].school_seats[0][1]
    for plan_id in (ID, OTHER):
        plans.adopt(plan_id, "planner")
    assert [one.plan_id for one in adopted_seats(plans, school, ("D",))] == [OTHER]
    plans.withdraw(OTHER, "planner")
    assert adopted_seats(plans, school, ("D",)) == ()


def test_a_damaged_plan_is_left_out(plans: PlanStore, reports: dict[str, PlanReport]) -> None:
    school = reports["plan"].school_seats[0][1]
    plans.adopt(ID, "planner")
    assert len(adopted_seats(plans, school, ("D",))) == 1
    with open(plans.folder / ID / "seats.csv", "a", encoding="utf-8") as file:
        file.write("C1,S1,many\n")
    assert adopted_seats(plans, school, ("D",)) == ()
