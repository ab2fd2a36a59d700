"""What the pages say that happens or can be seen: each sentence beside the behaviour that makes it true."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.pages.page_words import Words
from recommender.tokens import ROLES

ZH, EN = Words("zh"), Words("en")
HTML = {"Accept": "text/html"}


def get(client: TestClient, path: str, role: str | None = None, **headers: str) -> Any:
    signed = {"Authorization": f"Bearer {role}"} if role else {}
    return client.get(path, headers=HTML | signed | headers, follow_redirects=False)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "teacher"])
def test_nobody_but_she_sees_her_needs(role: str, client: TestClient) -> None:
    """landing_teacher_what, my_data_who_what: 学校和区里看不到您的需求."""
    assert "看不到您的需求" in ZH("pages.landing_teacher_what") and "看不到您的需求" in ZH("pages.my_data_who_what")
    for path in ("/v1/teachers/T1/needs", "/teachers/T1", "/teachers/T1/held"):
        assert get(client, path, role).status_code == 403
    answer = get(client, "/v1/teachers/T1/recommendations", role)
    if role != "school":
        assert answer.status_code == 403
        return
    rows = answer.json()["recommendations"]
    assert rows and all({reason["kind"] for reason in row["reasons"]} == {"fit", "feasible"} for row in rows)
    text = json.dumps(rows)
    assert not any(word in text for word in ("gain", "band", "p_need", "expected_gap", "score", "rank", "tied"))
    titles = [row["course"]["title"] for row in rows]
    assert titles == sorted(titles)  # "in the order of titles"


def test_the_address_keeps_no_token(client: TestClient) -> None:
    """landing_how_what: the link is exchanged for a session at once."""
    answer = get(client, "/teachers/T1?token=teacher&lang=en")
    assert answer.status_code == 303 and answer.headers["location"] == "/teachers/T1?lang=en"
    assert "httponly" in answer.headers["set-cookie"].lower()


def test_a_running_plan_renews_its_page_and_others_do_not(client: TestClient) -> None:
    """plan_wait: this page renews itself every few seconds."""
    running, done = (get(client, f"/plans/{plan}", "district").text for plan in ("P0000000000bb", "P0000000000aa"))
    assert '<meta http-equiv="refresh" content="4">' in running and "每几秒自动更新" in running
    assert "http-equiv" not in done


def test_nobody_is_named_before_a_plan_is_adopted_and_who_adopted_it_is_recorded(
    client: TestClient, plans: Any, log: io.StringIO
) -> None:
    """plan_adopt_lead, plan_adopted."""
    page = get(client, "/plans/P0000000000aa", "district").text
    assert ZH("pages.plan_adopt_lead") in page and "李示例" not in page
    client.post("/plans/P0000000000aa/adopt", headers={"Authorization": "Bearer district"}, follow_redirects=False)
    assert plans.adopted["P0000000000aa"].by == "planner"
    assert any('"plan adopted"' in line and "planner" in line for line in log.getvalue().splitlines())
    assert "planner" in get(client, "/plans/P0000000000aa", "district").text


def test_an_error_is_recorded_under_the_reference_that_is_shown(
    client: TestClient, service: Any, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """problem_failure_detail: we have recorded this error; give the reference to your administrator."""

    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(service, "teacher_needs", fail)
    with TestClient(client.app, raise_server_exceptions=False) as quiet:
        answer = get(quiet, "/teachers/T1", "teacher")
    assert answer.status_code == 500 and "我们已记下这次错误" in answer.text
    match = re.search(r"编号 (\w+)", answer.text)
    assert match
    reference = match[1]
    assert any(reference in line and "RuntimeError" in line for line in log.getvalue().splitlines())


def test_what_pages_show_can_be_had_as_json(client: TestClient) -> None:
    """interface_lead; my_data_json."""
    twins = {
        "/teachers/T1": ("teacher", ["/v1/teachers/T1/needs", "/v1/teachers/T1/recommendations"]),
        "/schools/S1": ("school", ["/v1/schools/S1/needs", "/v1/schools/S1/recommendations"]),
        "/courses": ("teacher", ["/v1/courses"]),
        "/courses/K1": ("teacher", ["/v1/courses/K1"]),
        "/plans/P0000000000aa": ("district", ["/v1/plans/P0000000000aa"]),
    }
    for page, (role, addresses) in twins.items():
        assert get(client, page, role).status_code == 200
        for address in addresses:
            answer = get(client, address, role)
            assert answer.status_code == 200 and answer.json(), address
    assert "/v1/teachers/T1/needs" in get(client, "/teachers/T1/held", "teacher").text


def test_a_district_finds_the_needs_of_its_schools(client: TestClient) -> None:
    """landing_district_what: see the needs of your schools."""
    assert "看到所属学校" in ZH("pages.landing_district_what")
    page = get(client, "/districts/D1", "district").text
    assert 'href="/schools/S1"' in page and 'href="/schools/S2"' in page and "/schools/S3" not in page
    assert get(client, "/schools/S1", "district").status_code == 200


def test_what_is_not_granted_is_401_403_or_404(client: TestClient) -> None:
    """interface_auth."""
    assert "401" in EN("pages.interface_auth")
    assert get(client, "/v1/teachers/T1/needs").status_code == 401
    assert get(client, "/v1/teachers/T2/needs", "teacher").status_code == 404
    assert get(client, "/v1/teachers/T1/needs", "district").status_code == 403


@pytest.mark.parametrize("path", ["/plans/P0000000000aa/stop", "/courses", "/teachers/T1"])
def test_a_method_that_is_not_taken_is_named_as_that(path: str, client: TestClient) -> None:
    """problem_method_detail: also where an address can only be written to."""
    method = "GET" if path.endswith("stop") else "DELETE"
    answer = client.request(method, path, headers=HTML | {"Authorization": "Bearer district"})
    assert answer.status_code == 405 and "不接受这种请求方法" in answer.text and "只能读取" not in answer.text


def test_nobody_elses_data_are_in_the_catalogue(client: TestClient) -> None:
    """courses_lead: the same for everyone."""
    pages = {role: get(client, "/courses", role).text.split("<main")[1].split("</main")[0] for role in ROLES}
    assert len(set(pages.values())) == 1
