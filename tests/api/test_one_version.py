"""A server and its plans answer from one version; newer tables are said and never mixed in, and nothing is trained."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import DataError, StaleError
from recommender import training
from recommender.advice import AdviceService
from recommender.event_log import event_log
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_service import PlanService
from recommender.plans.plan_worker import PlanWorker
from recommender.served_version import ServedVersion, recommender_at, usable_recommender
from recommender.settings import Settings
from recommender.workspace.importing import Mode, import_tables
from recommender.workspace.workspace import Workspace


class NoWorker:
    def start(self) -> None: ...
    def stop(self) -> None: ...


@pytest.fixture
def root(city: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the trained city in which nothing may be trained."""
    shutil.copytree(city.workspace, tmp_path / "workspace", symlinks=True)
    monkeypatch.setenv("RECOMMENDER_SIGNING_KEY", city.key)
    monkeypatch.setattr(training, "train_version", lambda *_, **__: pytest.fail("a request trained a model"))
    yield tmp_path / "workspace"


def _import_newer_tables(root: Path, folder: Path) -> None:
    """The same teachers without the last one."""
    folder.mkdir()
    teachers: pd.DataFrame = Workspace(root).tables["teachers"]
    with_one_less = teachers.iloc[:-1].assign(
        subject=lambda frame: frame["subject"].map(lambda s: s if isinstance(s, str) else ";".join(s))
    )
    with_one_less.to_csv(folder / "teachers.csv", index=False)
    import_tables(root, [folder / "teachers.csv"], accept_good_rows=True, mode=Mode.REPLACE)


def test_after_an_import_nothing_is_trained_and_every_part_says_so(
    root: Path, city: Any, tmp_path: Path
) -> None:
    settings, workspace = Settings(workspace=root), Workspace(root)
    service = AdviceService(workspace, settings, ready=usable_recommender(workspace, settings))
    assert service.version == ServedVersion(workspace.fingerprint, service.as_of, service.model_version)
    plans = PlanService(Workspace(root), NoWorker(), log=event_log(io.StringIO()))
    question_id = plans.ask(city.district, 20_000.0, Limits(), service.version, "planner")
    before = (Workspace(root).registry().list(), Workspace(root).registry().current())
    _import_newer_tables(root, tmp_path / "newer")
    assert Workspace(root).fingerprint != service.version.tables, "the import changed nothing"

    with pytest.raises(StaleError):
        plans.ask(city.district, 30_000.0, Limits(), service.version, "planner")
    PlanWorker(root, event_log(io.StringIO())).run(0.01)
    assert plans.status(question_id).state == "stale"
    with pytest.raises(DataError, match="train"):
        usable_recommender(Workspace(root), settings)
    with pytest.raises(StaleError):
        recommender_at(Workspace(root), settings, service.version)
    assert service.teacher_advice(city.teacher, 3).recommendations, "what was loaded still answers"
    assert (Workspace(root).registry().list(), Workspace(root).registry().current()) == before


def test_exactly_the_version_that_was_asked_is_loaded_again(root: Path, city: Any) -> None:
    settings, workspace = Settings(workspace=root), Workspace(root)
    service = AdviceService(workspace, settings, ready=usable_recommender(workspace, settings))
    again = recommender_at(Workspace(root), settings, service.version)
    assert (again.bundle.version, again.snapshot.as_of) == (service.version.model_version, service.version.as_of)
    gone = ServedVersion(service.version.tables, service.as_of, "2020-01-01-00000000")
    with pytest.raises(StaleError, match="2020-01-01"):
        recommender_at(Workspace(root), settings, gone)
