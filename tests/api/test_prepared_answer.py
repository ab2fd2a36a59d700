"""Answers and pages from prepared lists are byte for byte those of computed ones."""

from __future__ import annotations

import io
import re
import shutil
import time
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.server_settings import ServerSettings
from recommender.advice import AdviceService
from recommender.prepared.prepared_lists import PreparedLists
from recommender.records.feedback_records import FeedbackRecords
from recommender.settings import Settings
from recommender.tokens import issue_token
from recommender.workspace.workspace import Workspace

KEY = "a key for tests that is long enough to be taken as one"
DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def workspace(city: Any, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("prepared") / "workspace"
    shutil.copytree(city.workspace, root, symlinks=True)
    copied = Workspace(root)
    PreparedLists(copied, city.service._recommender).prepare(DAY, 10)
    return copied


@pytest.fixture(scope="module")
def client(city: Any, workspace: Workspace) -> Iterator[TestClient]:
    server = ServerSettings(Settings(workspace=workspace.root, signing_key=city.key, token_key=KEY))
    choices = FeedbackRecords(server.records).choices
    service = AdviceService(workspace, ready=city.service._recommender, today=lambda: DAY, choices=choices)
    app = create_app(
        lambda: service, server.read_token, server.registry, io.StringIO(), server.plans, server.records, server.sign_in
    )
    with TestClient(app) as client:
        until = time.monotonic() + 20
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        yield client


@pytest.fixture
def prepared_reads(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each read of a prepared list gave one."""
    reads: list[bool] = []
    read = PreparedLists.read

    def noting(self: PreparedLists, teacher: int, open_on: date) -> object:
        kept = read(self, teacher, open_on)
        reads.append(kept is not None)
        return kept

    monkeypatch.setattr(PreparedLists, "read", noting)
    return reads


@cache  # the token of forms is made from it
def _bearer(role: str, subject: str, *scope: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(KEY.encode(), role, subject, scope)}"}


def _answers(client: TestClient, teachers: list[str], school: str) -> list[bytes]:
    answers = []
    for teacher in teachers:
        own, head = _bearer("teacher", teacher), _bearer("school", "head", school)
        path = f"/v1/teachers/{teacher}/recommendations"
        for headers, address in (
            (own, path), (own, f"{path}?top=1"), (own, f"{path}?top=50"), (head, path),
            (own, f"/teachers/{teacher}?lang=zh"), (own, f"/teachers/{teacher}?lang=en"),
        ):  # fmt: skip
            client.cookies.clear()  # the language of the page before
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, answer.text
            answers.append(re.sub(rb'name="once" value="[^"]*"', b"", answer.content))  # a new key for each form
    return answers


def test_answers_and_pages_are_the_computed_ones(
    client: TestClient, city: Any, prepared_reads: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    register = city.service._register
    teachers = [str(t) for t in register[register["school_id"] == city.school]["teacher_id"]][:6]
    prepared = _answers(client, teachers, city.school)
    assert prepared_reads == [True] * len(prepared_reads)
    assert len(prepared_reads) >= len(prepared)
    monkeypatch.setattr(PreparedLists, "read", lambda *_: None)
    assert _answers(client, teachers, city.school) == prepared


def test_a_dismissed_course_is_gone_at_once_and_back_after_undo(
    client: TestClient, city: Any, prepared_reads: list[bool]
) -> None:
    headers = _bearer("teacher", city.teacher)
    path = f"/v1/teachers/{city.teacher}/recommendations"
    before = client.get(path, headers=headers)
    first = before.json()["recommendations"][0]["course_id"]
    for number, (action, there) in enumerate((("dismiss", False), ("undo", True))):
        said = client.post(
            "/v1/feedback", headers={**headers, "Idempotency-Key": f"key-{number}"},
            json={"teacher_id": city.teacher, "course_id": first, "action": action},
        )  # fmt: skip
        assert said.status_code == 201, said.text
        after = client.get(path, headers=headers)
        assert (first in {place["course_id"] for place in after.json()["recommendations"]}) == there
    assert after.content == before.content
    assert prepared_reads[0] and prepared_reads[-1]
