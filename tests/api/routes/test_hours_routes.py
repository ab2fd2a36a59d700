"""Hours over HTTP: a claim goes from the teacher to the school to the district, by their duties and with audit lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

CLAIM = {"activity": "读书会", "category": "elective", "hours": 2.0, "done_on": "2026-05-01", "level": "school"}


def _post(client: TestClient, role: str, path: str, key: str, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {role}", "Idempotency-Key": key}
    return client.post(path, json=body, headers=headers)


def _entries(client: TestClient, role: str, state: str = "") -> list[dict[str, Any]]:
    query = f"?state={state}" if state else ""
    return client.get(f"/v1/hours/entries{query}", headers={"Authorization": f"Bearer {role}"}).json()["entries"]


def test_a_claim_goes_from_teacher_to_school_to_district(client: TestClient) -> None:
    claimed = _post(client, "teacher", "/v1/hours/entries", "1", **CLAIM)
    entry = claimed.json()["entry_id"]
    assert claimed.status_code == 201 and _post(client, "teacher", "/v1/hours/entries", "1", **CLAIM).json()["entry_id"] == entry
    assert entry in {one["entry_id"] for one in _entries(client, "school")}
    path = f"/v1/hours/entries/{entry}/decisions"
    assert _post(client, "district", path, "1", decision="recognised").status_code == 409  # not checked yet
    checked = _post(client, "school", path, "1", decision="checked")
    assert checked.status_code == 201 and checked.json() == {"entry_id": entry, "teacher_id": "T1", "status": "checked"}
    assert _post(client, "school", path, "1", decision="checked").status_code == 201  # sent again
    assert _post(client, "school", path, "2", decision="checked").status_code == 409
    assert _post(client, "district", path, "2", decision="recognised", reason="材料齐全").status_code == 201
    mine = {one["entry_id"]: one for one in _entries(client, "teacher")}[entry]
    assert (mine["status"], mine["decided_by"], mine["reason"]) == ("recognised", "planner", "材料齐全")
    assert _post(client, "teacher", f"/v1/hours/entries/{entry}/withdraw", "3").status_code == 409
    ledger = client.get("/v1/organizations/S1/hours", headers={"Authorization": "Bearer school"}).json()
    row = next(one for one in ledger["teachers"] if one["teacher_id"] == "T1")
    assert (row["counted"], row["short"], row["claimed"], row["checked"], row["duplicate"]) == (14.0, 36.0, 10.0, 10.0, 10.0)


def test_what_a_role_may_not_decide(client: TestClient) -> None:
    assert _post(client, "school", "/v1/hours/entries/E2/decisions", "1", decision="recognised").status_code == 403
    assert _post(client, "district", "/v1/hours/entries/E1/decisions", "1", decision="checked").status_code == 403
    assert _post(client, "school", "/v1/hours/entries/E2/decisions", "2", decision="refused", reason="no").status_code == 409
    assert _post(client, "school", "/v1/hours/entries/E1/decisions", "3", decision="refused").status_code == 422
    assert _post(client, "teacher", "/v1/hours/entries/E1/withdraw", "4").status_code == 409  # an imported entry


def test_nobody_decides_on_her_own_hours(client: TestClient) -> None:
    read = client.app.state.read_token  # type: ignore[attr-defined]
    client.app.state.read_token = lambda token: replace(read(token), subject="T1")  # type: ignore[attr-defined]
    refused = _post(client, "school", "/v1/hours/entries/E1/decisions", "1", decision="checked")
    assert refused.status_code == 403 and _entries(client, "school")[0]["status"] == "claimed"


def test_a_school_claims_for_its_own_teachers_alone(client: TestClient) -> None:
    assert _post(client, "school", "/v1/hours/entries", "1", teacher_id="T2", **CLAIM).status_code == 201
    for role, teacher in (("school", "T3"), ("school", "T999"), ("teacher", "T2"), ("school", None)):
        body = CLAIM if teacher is None else CLAIM | {"teacher_id": teacher}
        assert _post(client, role, "/v1/hours/entries", f"{role}-{teacher}", **body).status_code == 404


@pytest.mark.parametrize(
    "change", [{"hours": 0}, {"level": "street"}, {"done_on": "2999-01-01"}, {"evidence_url": "javascript:1"}]
)
def test_a_claim_that_cannot_be(client: TestClient, change: dict[str, Any]) -> None:
    assert _post(client, "teacher", "/v1/hours/entries", "1", **(CLAIM | change)).status_code == 422


def test_totals_name_nobody_and_people_leave_lines(client: TestClient, simulated: Any) -> None:
    answer = client.get("/v1/organizations/D1/hours", headers={"Authorization": "Bearer district"}).json()
    assert (answer["people"], answer["people_short"], answer["waiting"], answer["left_off"]) == (2, 2, 20.0, 0)
    totals = {(one["org_kind"], one["org_id"], one["people"]) for one in answer["totals"]}
    assert totals == {("district", "D1", 2), ("school", "S1", 2)}
    lines = [line for line in simulated.audit_lines(client) if line["purpose"] == "hours"]
    units = {(line["unit_kind"], line["unit_id"]) for line in lines}
    assert units == {("organization", "D1"), ("teacher", "T1"), ("teacher", "T2")}
    assert not {"needs", "gap", "mean", "band"} & set(answer["teachers"][0])


def test_a_year_end_list_is_the_ledger_of_that_day(client: TestClient) -> None:
    headers = {"Authorization": "Bearer school"}
    first = client.get("/v1/organizations/S1/hours?as_of=2026-02-01", headers=headers).json()
    assert first["as_of"] == "2026-02-01" and {one["counted"] for one in first["teachers"]} == {0.0}
    assert client.get("/v1/organizations/S1/hours?as_of=1000-01-01", headers=headers).status_code == 422
