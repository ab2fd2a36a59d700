"""A teacher's self-assessment over HTTP, recorded in real records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]
PATH = "/v1/teachers/T1/self-assessments"
GOOD = {"items": [{"item": "SELF-1", "score": 5}, {"item": "SELF-2", "score": 2}]}


def _post(client: TestClient, headers: dict[str, str], body: Any, key: str = "k1", path: str = PATH) -> Any:
    return client.post(path, json=body, headers=headers | {"Idempotency-Key": key})


def _submitted(client: TestClient) -> tuple[Any, ...]:
    return client.app.state.self_assessments.standing("T1").submitted  # type: ignore[attr-defined, no-any-return]


def test_the_answer_says_what_moved_and_by_how_much(client: TestClient, sign: Sign) -> None:
    answer = _post(client, sign("teacher"), GOOD)
    assert answer.status_code == 201
    body = answer.json()
    assert body["counted"] and body["version"]["as_of"] == "2026-06-30"
    moved = {change["competency_id"]: change["moved"] for change in body["changes"]}
    assert moved == pytest.approx({"C1": 0.2, "C2": -0.1, "C3": 0.0, "C4": 0.0})
    assert {change["own_weight"] for change in body["changes"]} == {0.08}
    (kept,) = _submitted(client)
    assert kept.scores == {"SELF-1": 5.0, "SELF-2": 2.0} and kept.assessment_id == body["assessment_id"]


def test_sent_again_over_a_broken_network_it_is_stored_once(client: TestClient, sign: Sign) -> None:
    first = _post(client, sign("teacher"), GOOD)
    assert _post(client, sign("teacher"), GOOD).json() == first.json()
    assert len(_submitted(client)) == 1
    second = _post(client, sign("teacher"), {"items": [{"item": "SELF-1", "score": 4}]}, "k2").json()
    assert second["changes"][0]["before"] == pytest.approx(0.2)
    assert second["changes"][0]["moved"] == pytest.approx(-0.1)
    assert _post(client, sign("teacher"), GOOD).json() == first.json()  # still what it did then


@pytest.mark.parametrize(
    "body",
    [{}, {"items": []}, {"items": [{"item": "SELF-9", "score": 3}]}, {"items": [{"item": "SELF-1", "score": 6}]},
     {"items": [{"item": "SELF-1", "score": 3}] * 2}, {"items": [{"item": "SELF-1", "score": "NaN"}]}, [], GOOD | {"more": 1}],
)  # fmt: skip
def test_what_is_no_answer_of_hers_is_refused_and_writes_nothing(client: TestClient, sign: Sign, body: Any) -> None:
    assert _post(client, sign("teacher"), body).status_code == 422
    assert _submitted(client) == ()


def test_without_a_kept_state_it_waits_for_the_next_diagnosis(client: TestClient, sign: Sign, service: Any) -> None:
    form = client.get("/v1/teachers/T1/self-assessment-items", headers=sign("teacher")).json()
    assert [item["item"] for item in form["items"]] == ["SELF-1", "SELF-2", "SELF-3", "SELF-4"]
    service.view = None
    form = client.get("/v1/teachers/T1/self-assessment-items", headers=sign("teacher")).json()
    assert form["items"] == [] and form["draft"] is None
    assert _post(client, sign("teacher"), GOOD).status_code == 422


def test_she_deletes_it_for_good(client: TestClient, sign: Sign) -> None:
    _post(client, sign("teacher"), GOOD)
    answer = _post(client, sign("teacher"), None, "k2", f"{PATH}/delete")
    assert answer.json() == {"teacher_id": "T1", "deleted": 1}
    assert _submitted(client) == ()
    late = _post(client, sign("teacher"), GOOD).json()  # the network sends the first write once more
    assert late["assessment_id"] is None and _submitted(client) == ()


@pytest.mark.parametrize("role", ["school", "district", "researcher", "admin"])
def test_nobody_else_may_see_or_write_it(client: TestClient, sign: Sign, role: str) -> None:
    assert _post(client, sign(role), GOOD).status_code == 403
    assert client.get("/v1/teachers/T1/self-assessment-items", headers=sign(role)).status_code == 403
