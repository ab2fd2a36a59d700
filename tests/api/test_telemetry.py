"""What is logged and counted, and what never is."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from api.auth import GRANTS, Grant
from api.telemetry import WithoutQuery
from recommender.tokens import ROLES

if TYPE_CHECKING:
    from conftest import SimulatedPlans, SimulatedService

Sign = Callable[[str], dict[str, str]]


def test_each_read_of_a_person_is_written_down_and_no_name_score_or_token(
    client: TestClient, log: io.StringIO, sign: Sign, simulated: Any
) -> None:
    client.base_url = "https://testserver"  # elsewhere than on this machine a session is kept over https alone
    client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    client.get("/v1/teachers/T1/recommendations", headers=sign("school"))
    client.get("/teachers/T2?token=teacher")
    client.get("/v1/courses", headers=sign("school"))
    lines = simulated.audit_lines(client)
    assert [(a["granted"], a["actor"], a["role"], a["unit_kind"], a["unit_id"]) for a in lines] == [
        (True, "T1", "teacher", "teacher", "T1"),
        (True, "head", "school", "teacher", "T1"),
        (False, "T1", "teacher", "teacher", "T2"),
    ]
    assert all(line["purpose"] and line["route"] and line["at"].tzinfo is not None for line in lines)
    assert not log.getvalue()  # the log of the server names nobody
    text = str([{name: said for name, said in line.items() if name != "at"} for line in lines])
    for secret in ("李示例", "Bearer", "token", "0.31", "-0.8", "42"):
        assert secret not in text


def _reads(service: SimulatedService, plans: SimulatedPlans) -> list[str]:
    """Fills up with the calls that answer about a person, whichever address makes them."""
    reads: list[str] = []
    for source, names in ((service, ("teacher_advice", "teacher_needs")), (plans, ("workbook",))):
        for name in names:

            setattr(source, name, _spy(getattr(source, name), reads))
    return reads


def _spy(method: Callable[..., Any], reads: list[str]) -> Callable[..., Any]:
    def call(unit: str, *arguments: Any, **options: Any) -> Any:
        reads.append(unit)
        return method(unit, *arguments, **options)

    return call


OWN = {"teacher_id": "T1", "school_id": "S1", "district_id": "D1", "plan_id": "P0000000000aa", "course_id": "K1",
       "objection_id": "99", "version": "2026-06-30-0a1b2c3d", "entry_id": "E99", "organization_id": "S1",
       "upload_id": "U00000000000000aa"}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_no_address_answers_about_a_person_without_a_line(
    role: str, client: TestClient, service: Any, plans: Any, sign: Sign, simulated: Any
) -> None:
    """Every address of the app, for every role, by what it calls and not by what is said of it."""
    reads, answered = _reads(service, plans), 0
    for path, grant in GRANTS.items():
        for method in ("GET", "POST"):
            for accept in ("application/json", "text/html"):
                reads.clear()
                earlier = len(simulated.audit_lines(client))
                answer = client.request(
                    method, path.format(**OWN), headers=sign(role) | {"Accept": accept}, follow_redirects=False
                )
                if answer.status_code == 405:
                    continue
                lines = simulated.audit_lines(client)[earlier:]
                if reads or grant.person:
                    answered += 1
                    line, *people = lines  # an address that names people of a school: then a line for each of them
                    assert all(one["route"] == path and one["unit_kind"] == "teacher" for one in people), (path, people)
                    if line["route"] != path:  # an address that only takes POST: for GET it reads as an id with a slash
                        assert method == "GET" and answer.status_code in (403, 404)
                        continue
                    assert line["purpose"] and line["route"] == path and line["unit_id"] == OWN.get(f"{grant.unit}_id", "")
                    granted = answer.status_code in (200, 201, 303, 400, 422)  # the last two: an empty body
                    assert (line["granted"], line["role"]) == (granted, role), path
                    assert not reads or answer.status_code == 200
    assert answered >= 8


def test_an_address_about_a_person_cannot_be_listed_without_a_purpose() -> None:
    with pytest.raises(ValueError, match="purpose"):
        Grant(frozenset({"teacher"}), "teacher", person=True)


def test_the_names_of_a_plan_are_written_down_and_its_counts_are_not(
    client: TestClient, sign: Sign, simulated: Any
) -> None:
    client.get("/v1/plans/P0000000000aa", headers=sign("district"))
    assert not simulated.audit_lines(client)
    client.get("/v1/plans/P0000000000aa/workbook", headers=sign("district"))
    client.get("/v1/plans/P0000000000ff/workbook", headers=sign("district"))
    lines = simulated.audit_lines(client)
    assert [(line["granted"], line["unit_id"], line["purpose"]) for line in lines] == [
        (True, "P0000000000aa", "plan with names"),
        (False, "P0000000000ff", "plan with names"),
    ]


def test_the_metrics_name_patterns_and_no_ids(client: TestClient, sign: Sign) -> None:
    client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    text = client.get("/metrics").text
    line = 'recommender_requests_total{method="GET",route="/v1/teachers/{teacher_id}/needs",status="200"} 1.0'
    assert line in text
    assert "T1" not in text


def test_the_server_writes_no_query_into_its_access_lines() -> None:
    record = logging.LogRecord(
        "uvicorn.access", 20, "", 0, '%s - "%s %s"', ("127.0.0.1", "GET", "/teachers/T1?token=eyJh"), None
    )
    assert WithoutQuery().filter(record)
    assert "eyJh" not in record.getMessage()
    assert "/teachers/T1" in record.getMessage()
