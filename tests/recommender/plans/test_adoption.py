"""Nobody is named to a district before somebody adopted the plan; who and when is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from features.errors import ReadError, UnknownIdError
from recommender.planning.plan_report import PlanReport
from recommender.plans.adoption import adopt, read_adoption
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import record_of

ID = "P0123456789ab"


@pytest.fixture
def store(tmp_path: Path, reports: dict[str, PlanReport]) -> PlanStore:
    write_plan(tmp_path / "plans" / ID, record_of(reports["plan"]), {})
    return PlanStore(tmp_path / "plans")


def cells(path: Path) -> set[Any]:
    book = CalamineWorkbook.from_path(str(path))
    return {cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row}


@pytest.mark.slow
def test_the_workbook_names_people_once_the_plan_is_adopted(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    people = {teacher for teacher, _ in reports["plan"].assignments}
    assert people and store.status(ID).adoption is None
    assert not people & cells(store.workbook(ID))
    store.adopt(ID, "planner@D")
    assert people <= cells(store.workbook(ID))
    status = store.status(ID)
    assert status.adoption is not None and status.adoption.by == "planner@D"


def test_the_first_adoption_stands(store: PlanStore) -> None:
    first = store.adopt(ID, "a")
    assert store.adopt(ID, "b") == first


def test_a_damaged_adoption_names_nobody_and_can_be_repeated(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    store.adopt(ID, "a")
    (store.jobs / f"{ID}.adopted.json").write_text('{"by": 1', "utf-8")
    with pytest.raises(ReadError):
        read_adoption(store.jobs, ID)
    assert store.status(ID).adoption is None
    assert not {teacher for teacher, _ in reports["plan"].assignments} & cells(store.workbook(ID))
    assert store.adopt(ID, "b").by == "b"


def test_only_a_finished_plan_with_seats_is_adopted(
    store: PlanStore, reports: dict[str, PlanReport], tmp_path: Path
) -> None:
    with pytest.raises(UnknownIdError):
        store.adopt("P00000000000f", "a")
    infeasible = "P0123456789ac"
    write_plan(tmp_path / "plans" / infeasible, record_of(reports["infeasible"]), {})
    with pytest.raises(UnknownIdError):
        store.adopt(infeasible, "a")


def test_adopting_twice_on_disk_keeps_the_first(tmp_path: Path) -> None:
    assert adopt(tmp_path / "jobs", ID, "a") == adopt(tmp_path / "jobs", ID, "b") == read_adoption(tmp_path / "jobs", ID)
