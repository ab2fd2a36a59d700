"""A real Chromium on the pages of a real server over a simulated city."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from recommender.tokens import issue_token

INSTALL = "apt-get install -y --no-install-recommends chromium fonts-noto-cjk"
KEY = "a key for tests that is long enough to be taken as one"


@dataclass(frozen=True)
class Site:
    """A running server and whom it knows."""

    url: str
    teacher: str
    school: str
    district: str
    plan: str
    course: str

    def enter(self, path: str, role: str) -> str:
        """An address that signs in on the way to `path`."""
        scopes = {"teacher": (self.teacher, ()), "school": ("head", (self.school,))}
        subject, scope = scopes.get(role, ("planner", (self.district,)))
        token = issue_token(KEY.encode(), role, subject, scope)
        return f"{self.url}{path}{'&' if '?' in path else '?'}token={token}"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Its absence is a failure, so that these tests are never passed over in silence."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail(f"The browser tests need Chromium. Run: {INSTALL}", pytrace=False)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=executable, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
    return port


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _planned(city: Any) -> str:
    """The id of a finished plan of the city, as the worker leaves it."""
    from recommender.planning.problem.limits import Limits
    from recommender.plans.planner import Planner
    from recommender.plans.run_plan import PlanQuestion, id_of, run_plan
    from recommender.settings import Settings
    from recommender.workspace.workspace import Workspace

    settings = Settings(workspace=city.workspace, signing_key=city.key)
    planner = Planner(Workspace(city.workspace), settings)
    question = PlanQuestion(city.district, 120_000.0, Limits(max_courses_per_teacher=2), draws=3)
    run_plan(planner, question)
    return id_of(planner, question)


def _contested(city: Any) -> None:
    """Objection 1 of a teacher of the school, to her row of the register, and 2 of the teacher, to a need."""
    from features.row_identity import key_of, row_digest
    from recommender.records.objection_records import Contested, ObjectionRecords
    from recommender.records.record_store import Author, RecordStore
    from recommender.settings import Settings
    from recommender.workspace.workspace import Workspace

    teachers = Workspace(city.workspace).tables["teachers"]
    member = str(teachers.loc[teachers["school_id"] == city.school, "teacher_id"].iloc[0])
    (row,) = next(table.rows for table in city.service.personal_data(member) if table.name == "teachers")
    need = city.service.teacher_needs(city.teacher).needs[0].competency_id
    store = RecordStore.of(city.workspace, Settings(workspace=city.workspace)).open()
    records = ObjectionRecords(store)
    text = "任教学科与实际不符，请核对人事档案。" * 3
    about = Contested("row", "teachers", key_of("teachers", row), row_digest(row))
    records.contest(Author(member, "teacher"), "browser", member, about, text)
    records.contest(Author(city.teacher, "teacher"), "browser", city.teacher, Contested("need", need), text)
    store.close()


@pytest.fixture(scope="session")
def site(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service as an operator starts it, over the simulated city."""
    port = _free_port()
    log = tmp_path_factory.mktemp("server") / "server.log"
    settings = {
        "RECOMMENDER_WORKSPACE": str(city.workspace),
        "RECOMMENDER_SIGNING_KEY": city.key,
        "RECOMMENDER_TOKEN_KEY": KEY,
        "OMP_NUM_THREADS": "1",
    }
    plan = _planned(city)
    _contested(city)
    course = city.service.courses().courses[0].course_id
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, env={**os.environ, **settings}, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 40
        while not _is_ready(port):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"The server did not get ready:\n{log.read_text('utf-8')[-2000:]}", pytrace=False)
            time.sleep(0.1)
        yield Site(f"http://127.0.0.1:{port}", city.teacher, city.school, city.district, plan, course)
    finally:
        server.terminate()
        server.wait(10)
    assert "token=" not in log.read_text("utf-8"), "a sign-in token was written to the server's log"
