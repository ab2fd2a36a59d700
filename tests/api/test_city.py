"""The service over a simulated city, from its tables to the wire: what the made-up desk cannot show."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.server_settings import ServerSettings
from recommender.settings import Settings
from recommender.tokens import issue_token

KEY = "a key for tests that is long enough to be taken as one"


@pytest.fixture(scope="module")
def served(city: Any) -> Iterator[TestClient]:
    server = ServerSettings(Settings(workspace=city.workspace, signing_key=city.key, token_key=KEY))
    app = create_app(
        lambda: city.service, server.read_token, server.registry, io.StringIO(), server.plans, server.records, server.sign_in
    )
    with TestClient(app) as client:
        until = time.monotonic() + 20
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        yield client


def _get(client: TestClient, path: str, role: str, subject: str = "someone", *scope: str) -> Any:
    token = issue_token(KEY.encode(), role, subject, scope)
    answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_teacher_gets_her_list_with_five_lines_in_both_languages(served: TestClient, city: Any) -> None:
    body = _get(served, f"/v1/teachers/{city.teacher}/recommendations?top=5", "teacher", city.teacher)
    places = body["recommendations"]
    assert [place["rank"] for place in places] == list(range(1, len(places) + 1))
    assert len({place["course_id"] for place in places}) == len(places) > 0
    for place in places:
        assert [reason["kind"] for reason in place["reasons"]] == [
            "need",
            "fit",
            "feasible",
            "evidence",
            "counter",
        ]
        assert all(reason["zh"] and reason["en"] for reason in place["reasons"])
        assert place["gain_sd"] >= 0
        assert 0 <= place["p_complete"] <= 1
    assert body["made_up"] is True
    assert body["model_version"] == _get(served, "/v1/models/current", "admin")["version"]


def test_her_needs_are_hers_alone_and_on_the_pages_scale(served: TestClient, city: Any) -> None:
    body = _get(served, f"/v1/teachers/{city.teacher}/needs", "teacher", city.teacher)
    gaps = [need["expected_gap"] for need in body["needs"]]
    assert gaps == sorted(gaps, reverse=True)
    for need in body["needs"]:
        assert need["points"] == pytest.approx(50 + 10 * need["mean"])
        assert need["range_points"][0] <= need["points"] <= need["range_points"][1]
    other = issue_token(KEY.encode(), "teacher", "nobody")
    path = f"/v1/teachers/{city.teacher}/needs"
    assert served.get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 404


def test_a_school_reads_groups_of_five_and_a_district_of_ten(served: TestClient, city: Any) -> None:
    district = city.service.ancestors(city.school)[0]
    for role, scope, floor in (("school", city.school, 5), ("district", district, 10)):
        body = _get(served, f"/v1/schools/{city.school}/needs", role, "someone", scope)
        assert body["departments"]
        for group in body["departments"]:
            assert group["hidden"] == (group["members"] is None)
            assert group["hidden"] or group["members"] >= floor
            assert group["need"] is None or not group["hidden"]
    path = f"/v1/schools/{city.school}/recommendations"
    proposals = _get(served, path, "school", "someone", city.school)
    assert proposals["recommendations"] and proposals["status"] in ("listed", "thin", "met")
    assert not {"gain_mean", "score", "band"} & set(str(proposals).replace("'", " ").split())


def test_the_school_of_a_teacher_reads_no_need_in_her_proposals(served: TestClient, city: Any) -> None:
    school = city.service.school_of(city.teacher)
    body = _get(served, f"/v1/teachers/{city.teacher}/recommendations", "school", "head", school)
    reasons = [reason for place in body["recommendations"] for reason in place["reasons"]]
    assert {reason["kind"] for reason in reasons} == {"fit", "feasible"}
    hers = city.service.teacher_advice(city.teacher, 10)
    needs = {reason.zh for place in hers.recommendations for reason in place.reasons if reason.kind == "need"}
    assert not needs & {reason["zh"] for reason in reasons}


def test_the_whole_catalogue_is_reached_page_by_page(served: TestClient) -> None:
    courses: list[str] = []
    cursor = ""
    while True:
        body = _get(served, f"/v1/courses?cursor={cursor}", "teacher")
        courses += [course["course_id"] for course in body["courses"]]
        if body["cursor"] is None:
            break
        cursor = body["cursor"]
    assert len(courses) == len(set(courses)) == body["total"]
    token = issue_token(KEY.encode(), "teacher", "someone")
    lost = served.get("/v1/courses?cursor=nowhere", headers={"Authorization": f"Bearer {token}"})
    assert (lost.status_code, lost.headers["content-type"]) == (422, "application/problem+json")


def test_every_teacher_and_school_has_a_page(served: TestClient, city: Any) -> None:
    teachers = sorted(map(str, city.service._recommender.snapshot.teacher_ids))[::20]
    schools = sorted(city.service._school)[::2]
    pages = [(f"/teachers/{t}", "teacher", t, ()) for t in teachers]
    pages += [(f"/teachers/{t}/held", "teacher", t, ()) for t in teachers]
    pages += [(f"/schools/{s}", "school", "head", (s,)) for s in schools]
    for path, role, subject, scope in pages:
        for lang in ("", "?lang=en"):
            token = issue_token(KEY.encode(), role, subject, scope)
            answer = served.get(path + lang, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, path
            assert "Simulated data, not real" in answer.text
            assert not {"nan", "None"} & set(answer.text.replace("<", " ").replace(">", " ").split())
