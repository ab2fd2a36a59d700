"""One small simulated city, diagnosed, trained and recommended for, once for all tests of this layer."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import recommender.diagnosis as diagnosis
import recommender.training as training
from recommender.notebook import simulate
from recommender.pipeline import Written, run_recommend
from recommender.settings import Settings
from recommender.workspace.importing import import_tables
from recommender.workspace.workspace import Workspace

TOP = 5


@dataclass(frozen=True)
class FinishedCity:
    """A finished workspace that tests only read."""

    workspace: Workspace
    settings: Settings
    written: Written


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys, workspace and language of the tests, never those of the person who runs them."""
    config = tmp_path_factory.mktemp("config")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(config))
        patch.setenv("RECOMMENDER_LANG", "en")
        patch.delenv("RECOMMENDER_WORKSPACE", raising=False)
        patch.delenv("RECOMMENDER_DATABASE_URL", raising=False)
        yield config


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, own_settings: Path) -> FinishedCity:
    workspace = simulate(tmp_path_factory.mktemp("city"), teachers=200, seed=3)
    settings = Settings()
    return FinishedCity(workspace, settings, run_recommend(workspace, settings, top=TOP))


@pytest.fixture
def copy(city: FinishedCity, tmp_path: Path) -> Workspace:
    """A copy of the finished workspace that a test may change; nothing is recorded in it."""
    root = tmp_path / "copy"
    shutil.copytree(city.workspace.root, root, symlinks=True, ignore=shutil.ignore_patterns("simulated", "store.db*"))
    return Workspace(root)


class Counted:
    """Counts the calls of a function."""

    def __init__(self, target: Callable[..., object]) -> None:
        self.calls = 0
        self._target = target

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.calls += 1
        return self._target(*args, **kwargs)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counted]:
    """Calls of the two expensive steps."""
    counted = {"diagnose": Counted(diagnosis.diagnose), "train": Counted(training.train_version)}
    monkeypatch.setattr(diagnosis, "diagnose", counted["diagnose"])
    monkeypatch.setattr(training, "train_version", counted["train"])
    return counted


@pytest.fixture
def change_courses() -> Callable[[Workspace], Workspace]:
    """Imports other courses into a workspace and returns it as it is then."""

    def change(workspace: Workspace) -> Workspace:
        courses = workspace.tables["courses"]
        file = workspace.root / "courses.parquet"
        courses.assign(hours=courses["hours"] + 1).to_parquet(file)
        import_tables(workspace.root, [file])
        return Workspace(workspace.root)

    return change


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database of records; a test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'workspace' / 'store.db'}"
    new: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return new()
