"""The required tables alone go the whole way: import, train, lists, a teacher's page data; nothing else is recorded."""

from __future__ import annotations

import pandas as pd
import pytest

from features.simulate import simulate
from recommender.advice import AdviceService
from recommender.pipeline import run_recommend
from recommender.settings import Settings
from recommender.workspace.importing import import_tables
from recommender.workspace.workspace import Workspace

REQUIRED = ("organizations", "teachers", "competencies", "courses", "course_goals")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("required")
    source = simulate(root / "source", teachers=200, seed=4) / "tables"
    import_tables(root / "workspace", [source / f"{name}.csv" for name in REQUIRED])
    return Workspace(root / "workspace")


def test_every_teacher_has_an_outcome_and_lists_claim_nothing_personal(city: Workspace) -> None:
    run_recommend(city, Settings(), top=3)
    lists = pd.read_parquet(city.scores / "recommendations.parquet")
    outcomes = pd.read_parquet(city.scores / "outcomes.parquet")
    teachers = set(city.tables["teachers"]["teacher_id"])
    assert set(outcomes.loc[outcomes["unit_kind"] == "teacher", "unit_id"]) == teachers
    assert len(lists) and "personal" not in set(lists["basis"])


def test_the_service_answers_for_a_teacher(city: Workspace) -> None:
    service = AdviceService(city, Settings(workspace=city.root))
    teacher = str(city.tables["teachers"]["teacher_id"].iloc[0])
    assert service.teacher_advice(teacher, 3).as_of is not None
    assert service.teacher_needs(teacher).needs is not None
