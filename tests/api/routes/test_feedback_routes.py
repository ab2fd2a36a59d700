"""What a teacher does over HTTP, recorded in real records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from recommender.records.record_tables import FEEDBACK
from recommender.records.store_schema import migrate

Sign = Callable[[str], dict[str, str]]
SAID = {"teacher_id": "T1", "course_id": "K1", "action": "dismiss", "reason": "time"}


def _post(client: TestClient, headers: dict[str, str], body: Any, key: str | None = "k1", path: str = "/v1/feedback") -> Any:
    return client.post(path, json=body, headers=headers | ({"Idempotency-Key": key} if key is not None else {}))


def _rows(client: TestClient) -> list[Any]:
    with client.app.state.records.reading() as connection:  # type: ignore[attr-defined]
        return list(connection.execute(sa.select(FEEDBACK).order_by(FEEDBACK.c.id)))


def test_feedback_is_recorded_with_who_when_and_why(client: TestClient, sign: Sign) -> None:
    answer = _post(client, sign("teacher"), SAID)
    assert answer.status_code == 201
    said = answer.json()
    assert {name: said[name] for name in SAID} == SAID
    (row,) = _rows(client)
    assert (row.id, row.actor, row.role, row.reason, row.idempotency_key) == (said["event_id"], "T1", "teacher", "time", "k1")
    assert client.app.state.feedback.standing("T1").action_of("K1") == "dismiss"  # type: ignore[attr-defined]


def test_sent_again_it_is_answered_again_and_not_repeated(client: TestClient, sign: Sign) -> None:
    first = _post(client, sign("teacher"), SAID)
    assert _post(client, sign("teacher"), SAID).json() == first.json()
    assert len(_rows(client)) == 1
    other = _post(client, sign("teacher"), SAID | {"action": "intend"})
    assert other.status_code == 422 and "Idempotency-Key" in other.json()["detail"]
    assert _post(client, sign("teacher"), SAID | {"action": "intend"}, "k2").status_code == 201
    assert [row.action for row in _rows(client)] == ["dismiss", "intend"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"teacher_id": "T1"}, SAID | {"action": "like"}, SAID | {"more": 1}, SAID | {"reason": "x" * 501},
        SAID | {"course_id": ""}, SAID | {"reason": "a\0b"}, [], "text",
    ],
)  # fmt: skip
def test_what_is_no_feedback_is_refused_and_writes_nothing(client: TestClient, sign: Sign, body: Any) -> None:
    assert _post(client, sign("teacher"), body).status_code == 422
    assert _rows(client) == []


@pytest.mark.parametrize("key", [None, "", "k" * 201, "with space"])
def test_a_write_needs_a_key(client: TestClient, sign: Sign, key: str | None) -> None:
    assert _post(client, sign("teacher"), SAID, key).status_code == 422
    assert _rows(client) == []


@pytest.mark.parametrize(
    "change", [{"teacher_id": "T2"}, {"teacher_id": "T999"}, {"course_id": "K999"}, {"teacher_id": "T2", "course_id": "K999"}]
)
def test_others_and_what_nobody_knows_answer_alike(client: TestClient, sign: Sign, change: dict[str, str]) -> None:
    answer = _post(client, sign("teacher"), SAID | change)
    assert answer.status_code == 404 and _rows(client) == []


def test_a_form_of_another_site_is_refused(client: TestClient) -> None:
    client.cookies.set("recommender_session", "teacher")
    assert _post(client, {"Origin": "https://evil.example"}, SAID).status_code == 403
    assert _post(client, {"Sec-Fetch-Site": "cross-site"}, SAID).status_code == 403
    assert _rows(client) == []
    assert _post(client, {"Origin": "http://testserver"}, SAID).status_code == 201


def test_the_switch_is_recorded(client: TestClient, sign: Sign) -> None:
    path = "/v1/teachers/T1/personalisation"
    answer = _post(client, sign("teacher"), {"enabled": False}, "k1", path)
    assert answer.status_code == 201 and answer.json()["enabled"] is False
    standing = client.app.state.feedback.standing("T1")  # type: ignore[attr-defined]
    assert not standing.personalised and standing.switched_at.isoformat() == answer.json()["at"].replace("Z", "+00:00")
    assert _post(client, sign("teacher"), {"enabled": "no"}, "k2", path).status_code == 422
    assert _post(client, sign("teacher"), {"enabled": True}, "k3", path).status_code == 201
    assert client.app.state.feedback.standing("T1").personalised  # type: ignore[attr-defined]


def test_where_the_records_cannot_be_written_nothing_is_acknowledged(client: TestClient, sign: Sign) -> None:
    migrate(client.app.state.records.engine, "base")  # type: ignore[attr-defined]
    answer = _post(client, sign("teacher"), SAID)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    assert "nothing was changed" in answer.json()["detail"] or "没有改变" in answer.json()["detail"]


def test_no_answer_about_a_person_without_its_audit_line(client: TestClient, sign: Sign) -> None:
    assert client.get("/v1/teachers/T1/needs", headers=sign("teacher")).status_code == 200
    migrate(client.app.state.records.engine, "base")  # type: ignore[attr-defined]
    answer = client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    assert answer.status_code == 503 and "needs" not in answer.json()
    assert client.get("/v1/courses", headers=sign("teacher")).status_code == 200  # nobody's data
    migrate(client.app.state.records.engine)  # type: ignore[attr-defined]
    assert client.get("/v1/teachers/T1/needs", headers=sign("teacher")).status_code == 200
