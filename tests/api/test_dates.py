"""Data are judged by as-of, courses by today: every page and answer says both, and what has closed since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

PAGES = {
    "/teachers/T1": "teacher", "/teachers/T1/held": "teacher", "/schools/S1": "school", "/districts/D1": "district",
    "/plans/P0000000000aa": "district",
}  # fmt: skip
ANSWERS = {
    "/v1/teachers/T1/recommendations": "teacher", "/v1/teachers/T1/needs": "teacher",
    "/v1/schools/S1/recommendations": "school", "/v1/schools/S1/needs": "school", "/v1/courses": "school",
}  # fmt: skip
SINCE = {
    "zh": ("截至 2026 年 6 月 30 日的数据", "按 2026 年 11 月 30 日是否开放", "40 门课中，12 门此后已经开课或结束"),
    "en": ("data up to 30 Jun 2026", "open on 30 Nov 2026", "Of 40 courses open at the date of the data, 12 have begun"),
}
OLD = {"zh": "数据已有 153 天（满 150 天即视为过时）", "en": "The data are 153 days old (from 150 days they count as old)"}


def _get(client: TestClient, path: str, role: str, lang: str = "zh") -> Any:
    answer = client.get(path, params={"lang": lang} if lang == "en" else {}, headers={"Authorization": f"Bearer {role}"})
    assert answer.status_code == 200
    return answer


@pytest.fixture
def later(service: Any) -> Any:
    """Five months after as-of, 12 of 40 courses closed."""
    service.age = replace(service.age, open_on=date(2026, 11, 30), closed=12)
    return service


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_old_data_says_so(client: TestClient, service: Any, later: Any, path: str, lang: str) -> None:
    page = _get(client, path, PAGES[path], lang).text
    assert 'class="dates stale"' in page
    for words in SINCE[lang]:
        assert words in page
    assert OLD[lang] not in page
    service.age = replace(service.age, limit=150)
    assert OLD[lang] in _get(client, path, PAGES[path], lang).text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_today_says_nothing_of_it(client: TestClient, path: str) -> None:
    assert 'class="dates' not in _get(client, path, PAGES[path]).text


@pytest.mark.parametrize("path", ["/teachers/T1", "/schools/S1"])
def test_a_footer_names_date_and_model_once(client: TestClient, path: str) -> None:
    foot = _get(client, path, PAGES[path]).text.partition('<footer class="foot">')[2]
    assert foot.count("2026-06-30-0a1b2c3d") == 1
    assert foot.replace("2026-06-30-0a1b2c3d", "").count("2026-06-30") == 1 and "2026 年" not in foot


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_has_both_dates(client: TestClient, later: Any, path: str) -> None:
    assert _get(client, path, ANSWERS[path]).json()["age"] == {
        "as_of": "2026-06-30", "open_on": "2026-11-30", "days": 153, "old": False, "open_then": 40, "closed": 12,
        "expires_on": "2027-12-30", "expired": False,
    }  # fmt: skip


def test_a_plan_says_when_it_was_made_and_what_has_closed_since(client: TestClient, service: Any, later: Any) -> None:
    path = "/plans/P0000000000aa"
    page = _get(client, path, "district").text
    assert "方案于 2026 年 7 月 1 日作出。 到 2026 年 11 月 30 日，方案中的 2 门课有 1 门已经开课、结束或不在目录中。" in page
    answer = _get(client, f"/v1{path}", "district").json()
    assert (answer["today"], answer["courses_closed"]) == ("2026-11-30", 1)
    service.age = replace(service.age, open_on=date(2026, 7, 2), closed=0)
    assert "On 2 Jul 2026 all of its 2 courses are still open" in _get(client, path, "district", "en").text
    assert _get(client, f"/v1{path}", "district").json()["courses_closed"] == 0


def test_a_school_reads_that_its_courses_have_closed(client: TestClient, service: Any, later: Any) -> None:
    service.advice["S1"] = replace(service.school_advice("S1", 10), closed=True, open_on=date(2026, 6, 30))
    page = _get(client, "/schools/S1", "school").text
    assert page.count('<p class="closed">已开课或结束</p>') == 10 and "到 2026 年 11 月 30 日已经没有开放的课程" in page
    answer = _get(client, "/v1/schools/S1/recommendations", "school").json()
    assert answer["closed"] is True and answer["open_on"] == "2026-06-30"


def test_a_school_reads_how_many_courses_of_its_adopted_plans_have_closed(
    client: TestClient, service: Any, plans: Any
) -> None:
    plans.adopt("P0000000000aa", "planner")
    service.age = replace(service.age, open_on=date(2026, 11, 30))
    page = _get(client, "/schools/S1", "school", "en").text
    assert "By 30 Nov 2026, 1 of these 2 courses has begun, ended or left the catalogue." in page
