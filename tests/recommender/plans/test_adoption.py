"""Nobody is named to a district before somebody adopted the plan; of its plans one stands, and every decision is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from features.errors import UnknownIdError, UsageError
from recommender.planning.plan_report import PlanReport
from recommender.plans.adoption import AdoptionRecords
from recommender.plans.plan_store import PlanStore
from recommender.records.database import database_url
from recommender.records.record_store import RecordStore

ID, OTHER = "P0123456789ab", "P0123456789ac"
Written = Callable[..., Path]


@pytest.fixture
def plans(store: PlanStore, written: Written) -> PlanStore:
    """With two finished plans of one district."""
    for plan_id in (ID, OTHER):
        written(store.folder / plan_id, "plan")
    return store


def cells(path: Path) -> set[Any]:
    book = CalamineWorkbook.from_path(str(path))
    return {cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row}


@pytest.mark.slow
def test_the_workbook_names_people_while_the_plan_is_adopted(plans: PlanStore, reports: dict[str, PlanReport]) -> None:
    people = {teacher for teacher, _ in reports["plan"].assignments}
    assert people and plans.status(ID).adoption is None
    assert not people & cells(plans.workbook(ID))
    plans.adopt(ID, "planner@D")
    assert people <= cells(plans.workbook(ID)) and not people & cells(plans.workbook(OTHER))
    status = plans.status(ID)
    assert status.adoption is not None and status.adoption.by == "planner@D"
    plans.withdraw(ID, "planner@D", "改用新方案")
    assert not people & cells(plans.workbook(ID))


def test_a_later_adoption_takes_the_place_of_the_earlier_one_and_all_are_kept(plans: PlanStore) -> None:
    first = plans.adopt(ID, "a", "预算已批")
    assert plans.adopt(ID, "b") == first, "what stands already is no new decision"
    second = plans.adopt(OTHER, "b")
    assert (first.version, second.version) == (1, 2)
    assert plans.status(ID).adoption is None and plans.status(OTHER).adoption == second
    assert [status.adoption for status in plans.of_district("D") if status.adoption] == [second]
    assert plans.withdraw(ID, "c") is None, "it does not stand"
    gone = plans.withdraw(OTHER, "c", "人数有变")
    assert gone is not None and plans.status(OTHER).adoption is None
    again = plans.adopt(ID, "a")
    history = plans.status(OTHER).history
    assert history == plans.status(ID).history == (again, gone, second, first)
    assert [(one.version, one.plan_id, one.action, one.by, one.why) for one in history] == [
        (4, ID, "adopt", "a", ""), (3, OTHER, "withdraw", "c", "人数有变"), (2, OTHER, "adopt", "b", ""),
        (1, ID, "adopt", "a", "预算已批"),
    ]  # fmt: skip
    assert all(one.at.endswith("+00:00") for one in history)


def test_plans_of_parts_stand_beside_each_other_until_one_takes_the_place_of_all(plans: PlanStore) -> None:
    first, second = plans.adopt(ID, "a", beside=True), plans.adopt(OTHER, "a", beside=True)
    assert plans.adoptions.standing(["D", "E"]) == {ID: first, OTHER: second}
    assert plans.adopt(ID, "b", beside=True) == first, "it stands already"
    assert [plan_id for plan_id, _ in _adopted(plans)] == [OTHER, ID]
    alone = plans.adopt(ID, "b")
    assert plans.adoptions.standing(["D"]) == {ID: alone} and alone.version == 3
    plans.withdraw(ID, "b")
    assert _adopted(plans) == []


def _adopted(plans: PlanStore) -> list[tuple[str, int]]:
    return [(adoption.plan_id, summary.seats) for adoption, summary in plans.adopted(["D"])]


def test_of_many_decisions_at_once_each_is_a_version(store_url: str, tmp_path: Path) -> None:
    stores = [RecordStore(database_url(store_url, tmp_path)).open() for _ in range(4)]
    start = threading.Barrier(4)

    def decide(n: int) -> None:
        adoptions = AdoptionRecords(stores[n])
        start.wait()
        for i in range(5):
            adoptions.adopt("D", f"P{n}{i}", str(n))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(decide, range(4)))
    history = AdoptionRecords(stores[0]).history("D")
    assert [one.version for one in history] == list(range(20, 0, -1))
    assert AdoptionRecords(stores[0]).standing(["D"]) == {history[0].plan_id: history[0]}
    for store in stores:
        store.close()


def test_only_a_finished_plan_with_seats_is_adopted_and_a_reason_has_a_length(
    plans: PlanStore, written: Written
) -> None:
    with pytest.raises(UnknownIdError):
        plans.adopt("P00000000000f", "a")
    infeasible = "P0123456789ad"
    written(plans.folder / infeasible, "infeasible")
    with pytest.raises(UnknownIdError):
        plans.adopt(infeasible, "a")
    with pytest.raises(UsageError):
        plans.adopt(ID, "a", "x" * 501)
    assert plans.status(ID).history == ()
