"""No deadline per example: a slow shared machine must not turn a property into a flaky test.

And one simulated city for all tests of the whole road: made, imported, diagnosed and trained once a run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from recommender.advice import Desk

settings.register_profile("project", deadline=None)
settings.load_profile("project")

CITY_KEY = "signs the bundles of the simulated city in tests"


@dataclass(frozen=True)
class City:
    """A workspace on disk, its desk, and one teacher and one school with something to show."""

    workspace: Path
    key: str
    desk: Desk
    teacher: str
    school: str


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """200 teachers."""
    from recommender.importing import import_tables

    from features.simulate import simulate
    from recommender.advice import Desk
    from recommender.settings import Settings
    from recommender.workspace import Workspace

    root = tmp_path_factory.mktemp("city")
    workspace = Workspace(root / "workspace")
    made = simulate(root / "made", teachers=200)
    import_tables(workspace, [made / "tables"], mapping=None, accept_good_rows=False, yes=True)
    desk = Desk(workspace, Settings(workspace=workspace.root, signing_key=CITY_KEY))
    teachers = workspace.tables["teachers"]
    sizes = teachers.groupby("school_id").size().sort_values(kind="stable")
    listed = (
        str(t) for t in teachers["teacher_id"] if len(desk.teacher_advice(str(t), 3).recommendations) == 3
    )
    needy = (t for t in listed if any(n.band in ("clear", "possible") for n in desk.teacher_needs(t).needs))
    return City(workspace.root, CITY_KEY, desk, next(needy), str(sizes.index[-1]))
