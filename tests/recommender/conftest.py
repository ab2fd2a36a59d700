"""One small simulated city, diagnosed, trained and recommended for, once for all tests of this layer."""

from __future__ import annotations

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
        yield config


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory, own_settings: Path) -> FinishedCity:
    workspace = simulate(tmp_path_factory.mktemp("city"), teachers=200, seed=3)
    settings = Settings()
    return FinishedCity(workspace, settings, run_recommend(workspace, settings, top=TOP))
