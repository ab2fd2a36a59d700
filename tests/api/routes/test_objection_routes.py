"""Objections over HTTP: she contests, a person with the duty answers, she reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.messages import BilingualText
from recommender.personal_data import PersonalTable

Sign = Callable[[str], dict[str, str]]
REGISTER = {"about": {"table": "teachers", "key": {"teacher_id": "T1"}}, "text": "我的任教学科不对"}
COURSE = {"about": {"course": "K1"}, "text": "not for my stage"}
NEED = {"about": {"need": "C1"}, "text": "seen three times since"}


def _post(client: TestClient, headers: dict[str, str], path: str, body: Any, key: str) -> Any:
    return client.post(path, json=body, headers=headers | {"Idempotency-Key": key})


def _contest(client: TestClient, sign: Sign, body: Any, key: str = "c") -> Any:
    return _post(client, sign("teacher"), "/v1/teachers/T1/objections", body, key)


def _open(client: TestClient, sign: Sign, role: str) -> list[Any]:
    return client.get("/v1/objections", headers=sign(role)).json()["objections"]


def test_she_contests_and_the_school_answers(client: TestClient, sign: Sign, service: Any) -> None:
    mine = _contest(client, sign, REGISTER)
    assert mine.status_code == 201
    content = mine.json()
    assert (content["state"], content["duty"], content["overdue"], content["answer"]) == ("open", "school", False, None)
    assert content["about"] == {"kind": "row", "table": "teachers", "key": {"teacher_id": "T1"}, "need": None, "course": None}
    number = content["objection_id"]
    assert [one["objection_id"] for one in _open(client, sign, "school")] == [number]
    one = client.get(f"/v1/objections/{number}", headers=sign("school")).json()
    assert one["row"] == {"teacher_id": "T1", "school_id": "S1"} and one["text"] == REGISTER["text"]
    said = {"decision": "upheld", "reason": "已更正"}
    answer = _post(client, sign("school"), f"/v1/objections/{number}/answer", said, "a")
    assert answer.status_code == 201 and answer.json()["state"] == "upheld"
    assert _post(client, sign("school"), f"/v1/objections/{number}/answer", said, "a").status_code == 201
    late = _post(client, sign("school"), f"/v1/objections/{number}/answer", said | {"decision": "rejected"}, "b")
    assert late.status_code == 409 and "处理或撤回" in late.json()["detail"]
    (own,) = client.get("/v1/teachers/T1/objections", headers=sign("teacher")).json()["objections"]
    assert (own["answer"]["reason"], own["answer"]["actor"], own["answer"]["role"]) == ("已更正", "head", "school")
    assert own["effect"] == "next_diagnosis"
    service.left_out_for = (number,)
    (own,) = client.get("/v1/teachers/T1/objections", headers=sign("teacher")).json()["objections"]
    assert own["effect"] == "in_effect"
    assert _open(client, sign, "school") == []
    withdrawn = _post(client, sign("teacher"), f"/v1/objections/{number}/withdraw", {}, "w")
    assert withdrawn.status_code == 201 and withdrawn.json()["state"] == "withdrawn"


def test_her_data_say_which_columns_are_the_key(client: TestClient, sign: Sign) -> None:
    tables = client.get("/v1/teachers/T1/data", headers=sign("teacher")).json()["tables"]
    keys = {table["name"]: table["key"] for table in tables}
    assert keys["teachers"] == ["teacher_id"] and keys["observations"] == ["observation_id", "item"] and keys["audit"] == []


def test_each_office_sees_what_is_its_own_to_answer(client: TestClient, sign: Sign) -> None:
    for key, body in enumerate((REGISTER, COURSE, NEED)):
        assert _contest(client, sign, body, str(key)).status_code == 201
    kinds = {role: [one["about"]["kind"] for one in _open(client, sign, role)] for role in ("school", "district", "admin")}
    assert kinds == {"school": ["row"], "district": ["course"], "admin": ["row", "course", "need"]}
    for role in ("teacher", "researcher"):
        assert client.get("/v1/objections", headers=sign(role)).status_code == 403
    assert client.get("/v1/objections?state=rejected", headers=sign("admin")).json() == {"objections": [], "left_off": 0}
    assert client.get("/v1/objections?state=lost", headers=sign("admin")).status_code == 422


def test_reads_by_those_who_answer_are_about_her_in_the_audit_trail(client: TestClient, sign: Sign, simulated: Any) -> None:
    number = _contest(client, sign, REGISTER).json()["objection_id"]
    _open(client, sign, "school")
    client.get(f"/v1/objections/{number}", headers=sign("school"))
    client.get(f"/v1/objections/{number}", headers=sign("district"))
    client.get("/v1/objections/99", headers=sign("school"))
    lines = [
        (line["actor"], line["unit_kind"], line["unit_id"], line["granted"])
        for line in simulated.audit_lines(client)
        if line["actor"] != "T1"
    ]
    assert lines == [
        ("head", "none", "", True), ("head", "teacher", "T1", True), ("head", "teacher", "T1", True),
        ("planner", "teacher", "T1", False), ("head", "objection", "99", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "status"),
    [
        ({"table": "teachers", "key": {"teacher_id": "T2"}}, 404), ({"table": "observations", "key": {"teacher_id": "T1"}}, 404),
        ({"table": "needs", "key": {"unit_id": "T1"}}, 404), ({"table": "x", "key": {"a": "b"}}, 404),
        ({"course": "K99"}, 404), ({"need": "C99"}, 404), ({"need": "C1", "course": "K1"}, 422), ({}, 422),
        ({"table": "teachers"}, 422), ({"table": "teachers", "key": {}}, 422), ("C1", 422), ({"course": ""}, 422),
    ],
)  # fmt: skip
def test_only_what_is_hers_can_be_contested(client: TestClient, sign: Sign, about: Any, status: int) -> None:
    assert _contest(client, sign, {"about": about, "text": "wrong"}).status_code == status
    assert client.app.state.objections.of_teacher("T1") == ()  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "a\0b", None])
def test_a_text_is_needed_and_short(client: TestClient, sign: Sign, text: Any) -> None:
    assert _contest(client, sign, COURSE | {"text": text}).status_code == 422
    number = _contest(client, sign, COURSE).json()["objection_id"]
    said = {"decision": "upheld", "reason": text}
    assert _post(client, sign("admin"), f"/v1/objections/{number}/answer", said, "a").status_code == 422


def test_the_same_twice_is_a_conflict(client: TestClient, sign: Sign) -> None:
    assert _contest(client, sign, COURSE, "1").status_code == 201
    assert _contest(client, sign, COURSE, "1").status_code == 201
    again = _contest(client, sign, COURSE, "2")
    assert again.status_code == 409 and "已就同一内容" in again.json()["detail"]


def test_nobody_decides_about_herself_or_about_a_row_that_names_her(
    client: TestClient, sign: Sign, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = tuple((name, BilingualText(name, name)) for name in ("observation_id", "item", "teacher_id", "rater_id", "score"))
    row = {"observation_id": "O1", "item": "talk", "teacher_id": "T1", "rater_id": "head", "score": 2}
    table = PersonalTable("observations", "tables", BilingualText("课堂观察", "observations"), columns, (row,))
    monkeypatch.setattr(service, "personal_data", lambda teacher_id: (table,))
    about = {"table": "observations", "key": {"observation_id": "O1", "item": "talk"}}
    number = _contest(client, sign, {"about": about, "text": "not my lesson"}).json()["objection_id"]
    said = {"decision": "rejected", "reason": "I saw it"}
    refused = _post(client, sign("school"), f"/v1/objections/{number}/answer", said, "a")
    assert refused.status_code == 403 and "另一位" in refused.json()["detail"]
    shown = client.get(f"/v1/objections/{number}", headers=sign("school")).json()["row"]
    assert shown == {"observation_id": "O1", "item": "talk", "teacher_id": "T1", "rater_id": "head"}
    assert _post(client, sign("admin"), f"/v1/objections/{number}/answer", said, "a").status_code == 201


def test_past_the_day_it_is_overdue(client: TestClient, sign: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    _contest(client, sign, COURSE)
    records = client.app.state.records  # type: ignore[attr-defined]
    later = records.now() + timedelta(days=30)
    monkeypatch.setattr(records, "now", lambda: later)
    assert [one["overdue"] for one in _open(client, sign, "admin")] == [True]


def test_of_many_the_oldest_are_shown_and_the_rest_counted(
    client: TestClient, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.objection_routes.AT_ONCE", 2)
    for n in range(1, 4):
        _contest(client, sign, {"about": {"course": f"K{n}"}, "text": "wrong"}, str(n))
    shown = client.get("/v1/objections", headers=sign("district")).json()
    assert [one["about"]["course"] for one in shown["objections"]] == ["K1", "K2"] and shown["left_off"] == 1


def test_one_who_left_the_data_is_answered_by_the_administrator(client: TestClient, sign: Sign, service: Any) -> None:
    from recommender.records.objection_records import Contested
    from recommender.records.record_store import Author

    gone = client.app.state.objections.contest(  # type: ignore[attr-defined]
        Author("T9", "teacher"), "1", "T9", Contested("row", "teachers", {"teacher_id": "T9"}), "wrong school"
    )
    assert _open(client, sign, "school") == []
    one = client.get(f"/v1/objections/{gone.objection_id}", headers=sign("admin")).json()
    assert one["row"] is None and one["teacher_id"] == "T9"
