"""The desk of those who answer: what waits for whom, and the answer by form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.records.objection_records import Contested
from recommender.records.record_store import Author

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
CONTESTED = (
    ("T1", Contested("row", "teachers", {"teacher_id": "T1"})), ("T1", Contested("course", "K1")),
    ("T1", Contested("need", "C1")), ("T3", Contested("row", "teachers", {"teacher_id": "T3"})),
)  # fmt: skip


@pytest.fixture
def desk(client: TestClient) -> TestClient:
    for n, (teacher, about) in enumerate(CONTESTED):
        client.app.state.objections.contest(Author(teacher, "teacher"), str(n), teacher, about, f"写错了{n}")  # type: ignore[attr-defined]
    return client


def _page(client: TestClient, role: str, path: str = "/objections") -> str:
    client.cookies.set("recommender_session", role)
    return str(client.get(path).text)


@pytest.mark.parametrize(("role", "numbers"), [("school", {"1"}), ("district", {"2"}), ("admin", {"1", "2", "3", "4"})])
def test_each_sees_what_is_theirs(role: str, numbers: set[str], desk: TestClient) -> None:
    page = _page(desk, role)
    assert set(re.findall(r'href="/objections/(\d+)"', page)) == numbers
    assert {f"写错了{int(n) - 1}" in page for n in numbers} == {True}
    assert f"有 {len(numbers)} 项异议待答复" in _page(desk, role, "/")


def test_an_answer_by_form_is_recorded_once_and_read_by_her(desk: TestClient) -> None:
    page = _page(desk, "school", "/objections/1")
    form = dict(FIELD.findall(page))
    said = form | {"decision": "rejected", "reason": "与人事档案一致"}
    sent = desk.post("/objections/1", data=said, follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"] == "/objections?after=rejected"
    assert desk.post("/objections/1", data=said, follow_redirects=False).status_code == 303
    late = desk.post("/objections/1", data=said | {"once": "new"}, headers={"Accept": "text/html"})
    assert late.status_code == 409 and "已经处理或撤回" in late.text
    assert "与人事档案一致" in _page(desk, "teacher", "/teachers/T1/objections")
    assert "没有待您答复的异议" in _page(desk, "school")
    assert "与人事档案一致" in _page(desk, "school", "/objections?state=rejected")


def test_a_decision_and_a_reason_are_needed(desk: TestClient) -> None:
    form = dict(FIELD.findall(_page(desk, "school", "/objections/1")))
    for change in ({"reason": "so"}, {"decision": "upheld"}, {"decision": "upheld", "reason": " "}):
        answer = desk.post("/objections/1", data=form | change)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert "checked" in desk.post("/objections/1", data=form | {"decision": "upheld"}).text
    assert desk.post("/objections/1", data=form | {"decision": "maybe", "reason": "so"}).status_code == 400
    assert desk.post("/objections/1", data=form | {"decision": "upheld", "reason": "so", "form_token": "x"}).status_code == 403
    assert desk.app.state.objections.one(1).state == "open"  # type: ignore[attr-defined]


def test_no_number_that_was_measured_is_on_the_page(desk: TestClient, service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    (table, *_) = service.personal_data("T1")
    row = {"teacher_id": "T1", "subject": "数学", "weekly_lessons": 12}
    monkeypatch.setattr(service, "personal_data", lambda _: (replace(table, rows=(row,)),))
    page = _page(desk, "school", "/objections/1")
    assert "周课时" in page and "数学" in page
    row = {"assessment_id": "A1", "dimension": "reading", "unit_kind": "class", "unit_id": "C9", "mean": 47.25, "n": 31}
    key = {name: str(row[name]) for name in ("assessment_id", "dimension", "unit_kind", "unit_id")}
    monkeypatch.setattr(service, "personal_data", lambda _: (replace(table, name="results", rows=(row,)),))
    desk.app.state.objections.contest(Author("T1", "teacher"), "r", "T1", Contested("row", "results", key), "不是我的班")  # type: ignore[attr-defined]
    page = _page(desk, "district", "/objections/5")
    about = re.sub(r"<[^>]+>", "", page.split("</h1>")[1].split("<dl")[0])
    assert "C9" in about and "reading" in about and "47.25" not in page and "31" not in about
