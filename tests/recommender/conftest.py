"""One small simulated city, diagnosed, trained and recommended for, once for all tests of this floor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recommender.notebook import simulate
from recommender.pipeline import Written, run_recommend
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

TOP = 5


@dataclass(frozen=True)
class City:
    """A finished workspace that tests only read."""

    workspace: Workspace
    settings: Settings
    written: Written


@pytest.fixture(scope="session", autouse=True)
def own_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys of the tests, never those of the person who runs them."""
    config = tmp_path_factory.mktemp("config")
    before = {name: os.environ.get(name) for name in ("XDG_CONFIG_HOME", "RECOMMENDER_WORKSPACE")}
    os.environ["XDG_CONFIG_HOME"] = str(config)
    os.environ.pop("RECOMMENDER_WORKSPACE", None)
    yield config
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, own_keys: Path) -> City:
    workspace = simulate(tmp_path_factory.mktemp("city"), teachers=200, seed=3)
    settings = Settings()
    return City(workspace, settings, run_recommend(workspace, settings, top=TOP))
