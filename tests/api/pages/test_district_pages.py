"""The district's form and a plan's page in each of its states."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

FORM = "/districts/D1/plans"


def _page(client: TestClient, path: str) -> str:
    answer = client.get(path, headers={"Authorization": "Bearer district", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def _send(client: TestClient, data: dict[str, str], **headers: str) -> Any:
    headers = {"Authorization": "Bearer district", **headers}
    return client.post(FORM, data=data, headers=headers, follow_redirects=False)


def test_the_form_becomes_a_question(client: TestClient, plans: Any) -> None:
    data = {
        "budget": "300，000", "max_courses_per_teacher": "2", "floor_percent": "20%", "must_open": "K1，K2",
        "more": 'pin = [["T1", "K1"]]',
    }  # fmt: skip
    answer = _send(client, data)
    assert answer.status_code == 303 and answer.headers["location"] == "/plans/P0000000000cc"
    ((district, budget, limits),) = plans.questions
    assert (district, budget) == ("D1", 300_000.0)
    assert limits == {
        "max_courses_per_teacher": 2, "floor_share_per_school": 0.2, "must_open": ["K1", "K2"], "pin": [["T1", "K1"]],
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        {"budget": "much"},
        {"budget": "-1"},
        {"budget": "1", "more": "x ="},
        {"budget": "1", "more": "no_such_key = 1"},
        {"budget": "1", "must_open": "K99"},
    ],
)
def test_a_mistake_shows_the_form_as_it_was_filled(data: dict[str, str], client: TestClient, plans: Any) -> None:
    answer = _send(client, data)
    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert f'value="{data["budget"]}"' in answer.text and data.get("more", "") in answer.text
    assert plans.questions == []


def test_forms_of_other_sites_and_files_are_refused(client: TestClient, plans: Any) -> None:
    assert _send(client, {"budget": "1"}, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert _send(client, {"budget": "1"}, Origin="https://elsewhere.example").status_code == 403
    headers = {"Authorization": "Bearer district"}
    assert client.post(FORM, files={"budget": b"1"}, headers=headers).status_code == 400
    assert plans.questions == []


def test_a_finished_plan_shows_courses_prices_and_no_person(client: TestClient) -> None:
    page = _page(client, "/plans/P0000000000aa")
    assert "在预算以内。" in page and "教学改进" in page and "预算每多 1 万元" in page
    assert "不足 10 人，不显示" in page  # the course of eight seats
    assert "T1" not in page
    english = _page(client, "/plans/P0000000000aa?lang=en")
    assert "Within the budget." in english and "fewer than 10: hidden" in english


def test_a_running_plan_renews_itself_and_can_be_stopped(client: TestClient, plans: Any) -> None:
    assert 'http-equiv="refresh"' in _page(client, "/plans/P0000000000bb")
    headers = {"Authorization": "Bearer district"}
    assert client.post("/plans/P0000000000bb/stop", headers=headers, follow_redirects=False).status_code == 303
    assert plans.stopped == ["P0000000000bb"]


@pytest.mark.parametrize(("state", "words"), [("failed", "没有算成：原因"), ("interrupted", "没有结果")])
def test_a_plan_without_a_result_says_why(state: str, words: str, client: TestClient, plans: Any) -> None:
    plans.states["P0000000000dd"] = state
    page = _page(client, "/plans/P0000000000dd")
    assert words in page and ('http-equiv="refresh"' in page) == (state == "interrupted")  # it is tried once more
