"""The matrix of docs/access.md, walked: every address x role x own, foreign and unknown id. A new address fails here until it
is listed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from api.access_page import AccessRow, access_page, access_rows
from api.auth import GRANTS
from models.bundles.registry import Registry
from recommender.records.hour_records import HourClaim
from recommender.records.objection_records import Contested
from recommender.records.record_store import Author
from recommender.tokens import ROLES

# of each role to which an address is open (the contract's table), an object of its own
OWN = {
    "/v1/teachers/{teacher_id}/recommendations": {"teacher": "T1", "school": "T1"},
    "/v1/teachers/{teacher_id}/needs": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/data": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/personalisation": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/self-assessment-items": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/self-assessments": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/self-assessments/delete": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/growth": {"teacher": "T1"},
    "/v1/teachers/{teacher_id}/objections": {"teacher": "T1"},
    "/v1/objections": {"school": "", "district": "", "admin": ""},
    "/v1/objections/{objection_id}": {"school": "1", "district": "2", "admin": "1"},
    "/v1/objections/{objection_id}/answer": {"school": "1", "district": "2", "admin": "1"},
    "/v1/objections/{objection_id}/withdraw": {"teacher": "1"},
    "/v1/hours/entries": {"teacher": "", "school": "", "district": ""},
    "/v1/hours/entries/{entry_id}/decisions": {"school": "E1", "district": "E2"},
    "/v1/hours/entries/{entry_id}/withdraw": {"teacher": "claim:1"},
    "/v1/organizations/{organization_id}/hours": {"school": "S1", "district": "D1"},
    "/v1/feedback": {"teacher": "T1"},
    "/v1/schools/{school_id}/recommendations": {"school": "S1"},
    "/v1/schools/{school_id}/needs": {"school": "S1", "district": "S1"},
    "/v1/organizations/{district_id}/coverage": {"district": "D1"},
    "/v1/courses": dict.fromkeys(ROLES, ""),
    "/v1/courses/{course_id}": dict.fromkeys(ROLES, "K1"),
    "/v1/plans": {"district": "D1"},
    "/v1/plans/{plan_id}": {"district": "P0000000000aa"},
    "/v1/plans/{plan_id}/workbook": {"district": "P0000000000aa"},
    "/v1/plans/{plan_id}/adopt": {"district": "P0000000000aa"},
    "/v1/plans/{plan_id}/withdraw": {"district": "P0000000000aa"},
    "/v1/models": {"admin": ""},
    "/v1/models/current": {"admin": ""},
    "/v1/models/{version}/promote": dict.fromkeys(("researcher", "admin"), "2026-01-01-00000000"),
    "/v1/models/{version}/rollback": dict.fromkeys(("researcher", "admin"), "2026-01-01-00000000"),
    "/teachers/{teacher_id}": {"teacher": "T1"},
    "/teachers/{teacher_id}/held": {"teacher": "T1"},
    "/teachers/{teacher_id}/self-assessment": {"teacher": "T1"},
    "/teachers/{teacher_id}/growth": {"teacher": "T1"},
    "/teachers/{teacher_id}/feedback": {"teacher": "T1"},
    "/teachers/{teacher_id}/personalisation": {"teacher": "T1"},
    "/teachers/{teacher_id}/objections": {"teacher": "T1"},
    "/teachers/{teacher_id}/objections/withdraw": {"teacher": "T1"},
    "/teachers/{teacher_id}/contest": {"teacher": "T1"},
    "/teachers/{teacher_id}/hours": {"teacher": "T1"},
    "/teachers/{teacher_id}/hours/withdraw": {"teacher": "T1"},
    "/hours": {"school": "", "district": ""},
    "/organizations/{organization_id}/hours": {"school": "S1", "district": "D1"},
    "/objections": {"school": "", "district": "", "admin": ""},
    "/objections/{objection_id}": {"school": "1", "district": "2", "admin": "1"},
    "/schools/{school_id}": {"school": "S1", "district": "S1"},
    "/districts/{district_id}": {"district": "D1"},
    "/districts/{district_id}/coverage": {"district": "D1"},
    "/districts/{district_id}/plans": {"district": "D1"},
    "/plans/{plan_id}": {"district": "P0000000000aa"},
    "/plans/{plan_id}/stop": {"district": "P0000000000aa"},
    "/plans/{plan_id}/adopt": {"district": "P0000000000aa"},
    "/plans/{plan_id}/withdraw": {"district": "P0000000000aa"},
    "/models": {"researcher": "", "admin": ""},
    "/models/changes": {"researcher": "", "admin": ""},
    "/models/diagnosis": {"researcher": "", "admin": ""},
    "/models/{version}": dict.fromkeys(("researcher", "admin"), "2026-06-30-0a1b2c3d"),
    "/data": {"admin": ""},
    "/data/uploads": {"admin": ""},
    "/data/uploads/{upload_id}": {"admin": "U00000000000000aa"},
    "/data/uploads/{upload_id}/columns": {"admin": "U00000000000000aa"},
    "/data/uploads/{upload_id}/confirm": {"admin": "U00000000000000aa"},
    "/data/uploads/{upload_id}/discard": {"admin": "U00000000000000aa"},
    "/data/uploads/{upload_id}/problems.xlsx": {"admin": "U00000000000000aa"},
    "/data/undo": {"admin": ""},
    "/courses": dict.fromkeys(ROLES, ""),
    "/courses/{course_id}": dict.fromkeys(ROLES, "K1"),
}
KEY = {"Idempotency-Key": "0f3a"}
SENT: dict[str, tuple[dict[str, Any], int]] = {  # where nothing can be read: form or JSON, and the answer to a good one
    "/v1/feedback": ({"json": {"teacher_id": "T1", "course_id": "K1", "action": "intend"}}, 201),
    "/v1/teachers/{teacher_id}/personalisation": ({"json": {"enabled": False}}, 201),
    "/v1/teachers/{teacher_id}/self-assessments": ({"json": {"items": [{"item": "SELF-1", "score": 3}]}}, 201),
    "/v1/teachers/{teacher_id}/self-assessments/delete": ({}, 200),
    "/v1/teachers/{teacher_id}/objections": ({"json": {"about": {"course": "K2"}, "text": "wrong"}}, 201),
    "/v1/objections/{objection_id}/answer": ({"json": {"decision": "upheld", "reason": "right"}}, 201),
    "/v1/objections/{objection_id}/withdraw": ({"json": {}}, 201),
    "/v1/hours/entries": (
        {"json": {"teacher_id": "T1", "activity": "a", "category": "public", "hours": 2, "done_on": "2026-05-01",
                  "level": "school"}}, 201),
    "/v1/hours/entries/{entry_id}/decisions": ({"json": {"decision": "refused", "reason": "no"}}, 201),
    "/v1/hours/entries/{entry_id}/withdraw": ({"json": {}}, 201),
    "/teachers/{teacher_id}/hours": (
        {"data": {"activity": "a", "category": "public", "hours": "2", "done_on": "2026-05-01", "level": "school",
                  "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/hours/withdraw": ({"data": {"entry_id": "claim:1", "form_token": "OWN"}}, 303),
    "/hours": ({"data": {"decision": "refused", "reason": "no", "all": "on", "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/self-assessment": ({"data": {"action": "next", "score:SELF-1": "3", "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/feedback": ({"data": {"course_id": "K1", "action": "intend", "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/personalisation": ({"data": {"enabled": "false", "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/objections/withdraw": ({"data": {"objection_id": "1", "form_token": "OWN"}}, 303),
    "/teachers/{teacher_id}/contest": ({"data": {"course": "K2", "text": "wrong", "form_token": "OWN"}}, 303),
    "/objections/{objection_id}": ({"data": {"decision": "rejected", "reason": "no", "form_token": "OWN"}}, 303),
    "/v1/plans": ({"json": {"district_id": "D1", "budget": 300_000}}, 202),
    "/districts/{district_id}/plans": ({"data": {"budget": "300000"}}, 303),
    "/plans/{plan_id}/stop": ({}, 303),
    "/plans/{plan_id}/adopt": ({}, 303),
    "/plans/{plan_id}/withdraw": ({}, 303),
    "/v1/plans/{plan_id}/adopt": ({}, 200),
    "/v1/plans/{plan_id}/withdraw": ({}, 200),
    "/v1/models/{version}/promote": ({"json": {"reason": "better"}}, 202),
    "/v1/models/{version}/rollback": ({"json": {"reason": "complaints"}}, 202),
    "/data/uploads": ({"data": {"pasted": "a", "form_token": "OWN"}, "files": {"files": ("", b"")}}, 303),
    "/data/uploads/{upload_id}/columns": ({"data": {"form_token": "OWN"}}, 303),
    "/data/uploads/{upload_id}/confirm": ({"data": {"form_token": "OWN"}}, 303),
    "/data/uploads/{upload_id}/discard": ({"data": {"form_token": "OWN"}}, 303),
    "/data/undo": ({"data": {"version": "none", "form_token": "OWN"}}, 303),
    "/models/changes": (
        {"data": {"action": "propose", "kind": "promote", "version": "2026-01-01-00000000", "reason": "better",
                  "form_token": "OWN"}}, 303),
}  # fmt: skip
BOTH = {  # read, too
    "/teachers/{teacher_id}/self-assessment", "/v1/teachers/{teacher_id}/objections", "/teachers/{teacher_id}/contest",
    "/objections/{objection_id}", "/v1/hours/entries", "/teachers/{teacher_id}/hours", "/hours",
}  # fmt: skip
QUERY = {"/teachers/{teacher_id}/contest": "?course=K1"}
BODY = {"/v1/feedback": "teacher_id", "/v1/plans": "district_id"}
EXAMPLES = {"teacher_id": "T1", "school_id": "S1", "course_id": "K1", "district_id": "D1", "plan_id": "P0000000000aa",
            "objection_id": "1", "entry_id": "E1", "organization_id": "S1", "version": "2026-06-30-0a1b2c3d",
            "upload_id": "U00000000000000aa"}  # fmt: skip
EXISTING = {
    "teacher_id": {"T1", "T2", "T3"}, "school_id": {"S1", "S2", "S3"}, "district_id": {"D1", "D2"},
    "plan_id": {"P0000000000aa", "P0000000000ff"}, "objection_id": {"1", "2", "3", "4"},
    "entry_id": {"E1", "E2", "E3", "claim:1", "claim:2"}, "organization_id": {"S1", "S2", "S3", "D1", "D2", "C1"},
}  # fmt: skip
NOT_MINE = {
    ("teacher_id", "teacher"): ("T2", "T3", "T999", "S1"),
    ("teacher_id", "school"): ("T3", "T999", "S1"),
    ("school_id", "school"): ("S2", "S3", "S999", "D1", "T1"),
    ("school_id", "district"): ("S3", "S999", "D2", "T1", "C1"),
    ("district_id", "district"): ("D2", "C1", "S3", "D999", "T1"),
    ("plan_id", "district"): ("P0000000000ff", "P0000000000ee", "../P0000000000aa", "T1"),
    ("course_id", "any"): ("K999", "T1"),
    ("objection_id", "school"): ("2", "3", "4", "99", "-1", "x", "9" * 30),
    ("objection_id", "district"): ("1", "3", "4", "99", "x"),
    ("objection_id", "teacher"): ("3", "4", "99", "x"),
    ("objection_id", "admin"): ("99", "0", "x", "T1"),
    ("upload_id", "admin"): ("U00000000000000bb", "x", "T1"),
    ("entry_id", "school"): ("E3", "claim:2", "claim:99", "E99", "claim:x"),
    ("entry_id", "district"): ("E3", "claim:2", "E99", "claim:-1"),
    ("entry_id", "teacher"): ("E3", "claim:2", "E99", "9" * 30),
    ("organization_id", "school"): ("S2", "S3", "D1", "S999", "T1"),
    ("organization_id", "district"): ("S3", "D2", "C1", "S999", "T1"),
    ("version", "researcher"): ("2026-06-30-ffffffff", "nobody", "T1"),
    ("version", "admin"): ("2026-06-30-ffffffff", "nobody", "T1"),
}
CONTESTED = (
    ("T1", Contested("row", "teachers", {"teacher_id": "T1"})), ("T1", Contested("course", "K1")),
    ("T3", Contested("row", "teachers", {"teacher_id": "T3"})), ("T3", Contested("course", "K1")),
)  # fmt: skip
"""Objections 1 to 4: of the school and the district of these roles, and the same of others."""


@pytest.fixture
def client(client: TestClient) -> TestClient:
    for n, (teacher, about) in enumerate(CONTESTED):
        if not n % 2:
            claim = HourClaim("a", "public", 2.0, date(2026, 5, 1), "school")
            client.app.state.hour_records.claim(Author(teacher, "teacher"), f"claim-{n}", teacher, claim)  # type: ignore[attr-defined]
        client.app.state.objections.contest(Author(teacher, "teacher"), f"earlier-{n}", teacher, about, "wrong")  # type: ignore[attr-defined]
    return client


def _call(client: TestClient, path: str, url: str, one: str = "", **more: Any) -> Any:
    """GET, or what is sent to an address that only takes POST. one: id that the body names."""
    if path in SENT:
        headers = KEY | more.pop("headers", {})
        sent = SENT[path][0]
        if one and path in BODY:
            sent = {"json": sent["json"] | {BODY[path]: one}}
        if "form_token" in sent.get("data", {}):
            token = hashlib.sha256(b"form\0" + headers.get("Authorization", "").encode()).hexdigest()
            sent = sent | {"data": sent["data"] | {"form_token": token}}
        return client.post(url, follow_redirects=False, headers=headers, **sent, **more)
    return client.get(url, **more)


def test_every_address_has_its_ids_here(client: TestClient) -> None:
    assert {row.path for row in access_rows(client.app)} == set(OWN) == set(GRANTS)  # type: ignore[arg-type]


def test_the_page_is_made_from_the_application(client: TestClient) -> None:
    page = Path(__file__).parents[2] / "docs" / "access.md"
    assert page.read_text("utf-8") == access_page(client.app), (  # type: ignore[arg-type]
        "run: .venv/bin/python -m api.access_page > docs/access.md"
    )


def test_an_address_without_a_grant_is_not_passed_over(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(GRANTS, "/v1/courses")
    with pytest.raises(KeyError, match="/v1/courses"):
        access_rows(client.app)  # type: ignore[arg-type]


@pytest.mark.parametrize(("path", "role"), [(path, role) for path in OWN for role in ROLES])
@pytest.mark.slow
def test_every_cell_of_the_matrix(
    path: str, role: str, client: TestClient, sign: Callable[[str], dict[str, str]]
) -> None:
    """Own, foreign and unknown objects: the page's status for each, and one answer for all that are not its own."""
    rows = [row for row in access_rows(client.app) if row.path == path]  # type: ignore[arg-type]
    assert [row.method for row in rows] == (["GET", "POST"] if path in BOTH else ["POST" if path in SENT else "GET"])
    if path.endswith("/rollback"):  # something has to be before the promoted version
        registry = Registry(client.app.state.registry._registry.directory)  # type: ignore[attr-defined]
        for version in (OWN[path]["admin"], registry.current()):
            registry.promote(version)
    for row in rows:
        _walk(row, path, role, client, sign(role))


def _walk(row: AccessRow, path: str, role: str, client: TestClient, headers: dict[str, str]) -> None:
    own, foreign, unknown = row.statuses[role]  # type: ignore[index]
    assert (own == 403) == (role not in OWN[path])
    name = row.parameter or BODY.get(path, "")
    bodies = set()
    for expected, ids in (
        (own, [OWN[path].get(role, EXAMPLES.get(name, ""))]),
        (foreign, [one for one in _not_mine(name, role) if one in EXISTING.get(name, ())]),
        (unknown, [one for one in _not_mine(name, role) if one not in EXISTING.get(name, ())]),
    ):
        for one in ids if expected is not None else ():
            url = path.replace(f"{{{name}}}", quote(one, safe=""))
            answer = (
                client.get(url + QUERY.get(path, ""), headers=headers) if row.method == "GET"
                else _call(client, path, url, one, headers=headers)
            )  # fmt: skip
            assert answer.status_code == (404 if "/" in one else expected), one  # an id that no address has
            if expected == 404:
                body = answer.json()
                del body["reference"], body["instance"]
                bodies.add(str(body))
    assert len(bodies) == (unknown == 404), "unknown and foreign ids must answer alike"


def _not_mine(name: str, role: str) -> tuple[str, ...]:
    """Ids that are foreign or unknown; for a role to which the address is closed, those of any role."""
    by_role = {of: ids for (parameter, of), ids in NOT_MINE.items() if parameter == name}
    return by_role.get(role, next(iter(by_role.values()), ()))


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic dGVhY2hlcg=="}]
)
@pytest.mark.slow
def test_nothing_without_a_token(path: str, headers: dict[str, str], client: TestClient) -> None:
    answer = _call(client, path, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_header_is_not_rescued_by_a_cookie(client: TestClient) -> None:
    client.cookies.set("recommender_session", "teacher")
    assert client.get("/v1/teachers/T1/needs").status_code == 200
    assert client.get("/v1/teachers/T1/needs", headers={"Authorization": "Bearer nobody"}).status_code == 401


def test_an_address_that_is_not_listed_is_closed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, sign: Callable[[str], dict[str, str]]
) -> None:
    monkeypatch.delitem(GRANTS, "/v1/courses")
    assert {client.get("/v1/courses", headers=sign(role)).status_code for role in ROLES} == {403}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_else_can_be_written_yet(
    method: str, client: TestClient, sign: Callable[[str], dict[str, str]]
) -> None:
    for path in OWN:
        if method == "POST" and path in SENT:
            continue
        answer = client.request(method, path, headers=sign("admin"))
        assert answer.status_code == 405
        assert answer.headers["content-type"] == "application/problem+json"
