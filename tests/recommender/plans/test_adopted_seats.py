"""A school's seats are those of plans that somebody above it adopted."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.planning.plan_report import PlanReport
from recommender.plans.adopted_seats import adopted_seats
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import record_of

ID, OTHER = "P0123456789ab", "P0123456789ac"


@pytest.fixture
def store(tmp_path: Path, reports: dict[str, PlanReport]) -> PlanStore:
    for plan_id in (ID, OTHER):
        write_plan(tmp_path / "plans" / plan_id, record_of(reports["plan"]), {})
    return PlanStore(tmp_path / "plans")


def test_nothing_is_told_before_a_plan_is_adopted_nor_outside(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    school = reports["plan"].school_seats[0][1]
    assert adopted_seats(store, school, ("D",)) == ()
    store.adopt(ID, "planner")
    assert adopted_seats(store, school, ("another district",)) == ()
    assert [one.plan_id for one in adopted_seats(store, school, (school, "D", "C"))] == [ID]


def test_all_schools_together_have_all_seats(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    report = reports["plan"]
    store.adopt(ID, "planner")
    seats = {school: adopted_seats(store, school, ("D",))[0] for school in report.school_names}
    assert sum(one.seats for one in seats.values()) == report.seats
    for course, school, n in report.school_seats:
        assert {row.course_id: row.seats for row in seats[school].courses}[course] == n
    assert adopted_seats(store, "a school without seats", ("D",))[0].courses == ()


def test_a_damaged_plan_or_adoption_hides_no_other(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    school = reports["plan"].school_seats[0][1]
    for plan_id in (ID, OTHER):
        store.adopt(plan_id, "planner")
    assert len(adopted_seats(store, school, ("D",))) == 2
    with open(store.folder / ID / "seats.csv", "a", encoding="utf-8") as file:
        file.write("C1,S1,many\n")
    assert [one.plan_id for one in adopted_seats(store, school, ("D",))] == [OTHER]
    (store.jobs / f"{OTHER}.adopted.json").write_text("{", "utf-8")
    assert adopted_seats(store, school, ("D",)) == ()
