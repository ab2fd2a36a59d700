"""A question to the planner over the wire: queued, then numbers as numbers and no names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]
DONE = "/v1/plans/P0000000000aa"


def test_a_question_is_queued_with_its_parsed_limits(client: TestClient, sign: Sign, plans: Any) -> None:
    body = {"district_id": "D1", "budget": 300_000, "limits": {"max_courses_per_teacher": 2, "pin": [["T1", "K1"]]}}
    answer = client.post("/v1/plans", headers=sign("district"), json=body)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/plans/{answer.json()['plan_id']}"
    assert answer.json()["state"] == "queued" and answer.json()["tables"] == {}
    assert plans.questions == [("D1", 300_000.0, body["limits"])]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"district_id": "D2", "budget": 1}, 404),
        ({"district_id": "D999", "budget": 1}, 404),
        ({"district_id": "D1", "budget": -1}, 422),
        ({"district_id": "D1", "budget": "much"}, 422),
        ({"district_id": "D1"}, 422),
        ({"district_id": "D1", "budget": 1, "limits": {"no_such_key": 1}}, 422),
        ({"district_id": "D1", "budget": 1, "limits": {"must_open": ["K99"]}}, 422),
        ({"district_id": "D1", "budget": 1, "limits": {"pin": [["T3", "K1"]]}}, 422),
        ({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "school": ["S3"]}]}}, 422),
        ({"district_id": "D1", "budget": 1, "more": 1}, 422),
    ],
)
def test_what_cannot_be_asked_is_not_queued(
    body: dict[str, Any], status: int, client: TestClient, sign: Sign, plans: Any
) -> None:
    answer = client.post("/v1/plans", headers=sign("district"), json=body)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert plans.questions == []


def test_numbers_are_numbers_and_people_are_left_out(client: TestClient, sign: Sign) -> None:
    body = client.get(DONE, headers=sign("district")).json()
    assert body["tables"]["lines"] == [
        {"course_id": "K1", "seats": 232, "cost": 250000.0, "expected_gain": 12.1, "title": "教学改进"},
        {"course_id": "K2", "seats": 8, "cost": 48000.0, "expected_gain": None, "title": "小班辅导"},
    ]
    assert body["summary"]["needs_covered"] == 210 and body["summary"]["as_of"] == "2026-06-30"
    assert "assignments" not in body["tables"] and "lottery" not in body["tables"]
    assert "T1" not in str(body)


@pytest.mark.parametrize(("accept", "words"), [("zh", "原因"), ("en", "a reason")])
def test_a_failure_is_told_in_the_readers_language(
    accept: str, words: str, client: TestClient, sign: Sign, plans: Any
) -> None:
    plans.states["P0000000000fa"] = "failed"
    headers = {**sign("district"), "Accept-Language": accept}
    body = client.get("/v1/plans/P0000000000fa", headers=headers).json()
    assert (body["state"], body["message"], body["summary"]) == ("failed", words, None)


def test_the_workbook_is_there_when_the_plan_is_done(client: TestClient, sign: Sign) -> None:
    answer = client.get(f"{DONE}/workbook", headers=sign("district"))
    assert answer.content.startswith(b"PK") and "no-store" in answer.headers["cache-control"]
    assert client.get("/v1/plans/P0000000000bb/workbook", headers=sign("district")).status_code == 404


@pytest.mark.parametrize(
    "limits",
    [
        "[" * 100_000, '{"a":' * 100_000, '{"max_courses_per_teacher": ' + "9" * 5000 + "}",
        '{"max_courses_per_teacher": ' + "9" * 300 + "}", '{"max_courses_per_teacher": NaN}',
        '{"max_courses_per_teacher": 1e999}', '{"\\ud800": 1}', '{"must_open": ["\\ud800"]}', '{"pin": [["\\udfff", "K1"]]}',
        '{"must_open": ' + "[" * 500 + "]" * 500 + "}",
    ],
)  # fmt: skip
def test_a_hostile_body_is_refused_as_a_problem(limits: str, client: TestClient, sign: Sign, plans: Any) -> None:
    headers = {**sign("district"), "content-type": "application/json"}
    for body in (
        f'{{"district_id": "D1", "budget": 1, "limits": {limits}}}',
        f'{{"district_id": {limits}, "budget": 1}}',
        f'{{"district_id": "D1", "budget": {limits}}}',
    ):
        answer = client.post("/v1/plans", headers=headers, content=body.encode())
        assert 400 <= answer.status_code < 500, body[:100]
        assert answer.headers["content-type"] == "application/problem+json"
    assert plans.questions == []


def test_adopting_says_who_and_when(client: TestClient, sign: Sign) -> None:
    assert client.get(DONE, headers=sign("district")).json()["adoption"] is None
    answer = client.post(f"{DONE}/adopt", headers=sign("district"))
    assert answer.status_code == 200 and answer.json()["adoption"]["by"]
    assert client.get(DONE, headers=sign("district")).json()["adoption"] == answer.json()["adoption"]
    assert client.post("/v1/plans/P0000000000bb/adopt", headers=sign("district")).status_code == 404
    assert client.post("/v1/plans/P0000000000ff/adopt", headers=sign("district")).status_code == 404
    assert client.post(f"{DONE}/adopt", headers=sign("school")).status_code == 403


def test_an_adoption_has_a_reason_and_a_history_and_can_be_taken_back(client: TestClient, sign: Sign, plans: Any) -> None:
    plans.states["P0000000000cc"] = "done"
    headers = sign("district")
    first = client.post(f"{DONE}/adopt", headers=headers, json={"reason": "预算已批"}).json()["adoption"]
    assert (first["why"], first["version"], first["action"], first["plan_id"]) == ("预算已批", 1, "adopt", "P0000000000aa")
    beside = client.post("/v1/plans/P0000000000cc/adopt", headers=headers, json={"beside": True}).json()["adoption"]
    assert beside["version"] == 2 and client.get(DONE, headers=headers).json()["adoption"] == first
    client.post("/v1/plans/P0000000000cc/adopt", headers=headers)
    assert client.get(DONE, headers=headers).json()["adoption"] is None
    answer = client.post("/v1/plans/P0000000000cc/withdraw", headers=headers, json={"reason": "人数有变"})
    assert answer.status_code == 200 and answer.json()["adoption"] is None
    history = client.get(DONE, headers=headers).json()["adoption_history"]
    assert [(one["version"], one["action"]) for one in history] == [
        (4, "withdraw"), (3, "adopt"), (2, "adopt_beside"), (1, "adopt"),
    ]  # fmt: skip
    for wrong in ({"reason": "x" * 501}, {"reason": "a\x00b"}, {"beside": "yes"}, {"why": "x"}, []):
        assert client.post(f"{DONE}/adopt", headers=headers, json=wrong).status_code == 422, wrong


def test_each_decision_leaves_an_audit_line(client: TestClient, sign: Sign, simulated: Any) -> None:
    client.post(f"{DONE}/adopt", headers=sign("district"))
    client.post(f"{DONE}/withdraw", headers=sign("district"), json={"reason": "人数有变"})
    lines = [(line["purpose"], line["unit_id"], line["granted"]) for line in simulated.audit_lines(client)]
    assert sorted(lines) == [("plan adopted", "P0000000000aa", True), ("plan withdrawn", "P0000000000aa", True)]


def test_nothing_is_planned_with_needs_that_have_expired_by_the_date_of_the_data(
    client: TestClient, sign: Sign, service: Any, plans: Any
) -> None:
    service.age = replace(service.age, as_of=date(2024, 1, 1))  # a self-assessment is newer: the diagnosis is of its day
    assert service.age.expired
    answer = client.post("/v1/plans", headers=sign("district"), json={"district_id": "D1", "budget": 1})
    assert answer.status_code == 409 and "2024" in answer.text and plans.questions == []
