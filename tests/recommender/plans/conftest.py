"""Questions, reports of small drawn districts, and a workspace folder without tables."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recommender.lists.teacher_choices import nobody_chose
from recommender.planning.plan_report import PlanReport, report_of
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import record_of
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PlanQuestion
from recommender.records.database import database_url
from recommender.records.record_store import RecordStore

DRAWN = Path(__file__).parents[1] / "planning" / "conftest.py"


def _drawn_districts() -> Any:
    spec = importlib.util.spec_from_file_location("drawn_districts", DRAWN)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw_report(seed: int, yuan: float, **limits: Any) -> PlanReport:
    """A plan of 40 drawn teachers and 8 courses, three draws for stability."""
    district = _drawn_districts().draw_district(seed, 40, 8)
    planner = object.__new__(Planner)
    planner.ready = SimpleNamespace(snapshot=district.snapshot)
    key = "D", planner.as_of
    planner._scored, planner._drawn, planner._last = {key: district}, {key: ("", district)}, {}
    planner._choices = nobody_chose
    solved = planner.plan("D", yuan, Limits.of(limits), seed=seed)
    report = report_of(solved, f"P{seed:012x}", "fingerprint", draws=3)
    return dataclasses.replace(report, seconds=1.23456)


@pytest.fixture(scope="session")
def reports() -> dict[str, PlanReport]:
    """A plan with lots and a floor, one for very few people, one that cannot be."""
    return {
        "plan": draw_report(2, 9000.0, lottery_share=0.2, floor_share_per_school=0.1, max_courses_per_teacher=2),
        "few": draw_report(3, 900.0),
        "infeasible": draw_report(4, 100.0, floor_share_per_school=1.0),
    }


@pytest.fixture(scope="session")
def written(reports: dict[str, PlanReport], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """written(folder, name="few") -> the files of a report put there; its id stays that of the report."""
    source = tmp_path_factory.mktemp("written")

    def write(folder: Path, name: str = "few") -> Path:
        if not (source / name).exists():
            write_plan(source / name, record_of(reports[name]), {"made_up": True})
        return Path(shutil.copytree(source / name, folder))

    return write


@pytest.fixture
def records(store_url: str, tmp_path: Path) -> Iterator[RecordStore]:
    """On SQLite and on PostgreSQL."""
    store = RecordStore(database_url(store_url, tmp_path))
    yield store
    store.close()


@pytest.fixture
def store(tmp_path: Path, records: RecordStore) -> PlanStore:
    """On SQLite and on PostgreSQL."""
    return PlanStore(tmp_path / "plans", records)


@pytest.fixture
def question() -> Callable[..., PlanQuestion]:
    """question(yuan): of district D1."""
    return lambda yuan=1000.0, **limits: PlanQuestion("D1", yuan, Limits.of(limits))
