"""A teacher's buttons: a form of her own page, recorded once, and the page after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.records.store_schema import migrate
from recommender.types import Advice

FORM = re.compile(r'<form[^>]*action="([^"]+)">(.*?)</form>', re.S)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def browser(client: TestClient) -> Iterator[TestClient]:
    client.cookies.set("recommender_session", "teacher")
    yield client


def _forms(page: str) -> list[tuple[str, dict[str, str]]]:
    return [(action, dict(FIELD.findall(content))) for action, content in FORM.findall(page)]


def _form(page: str, **wanted: str) -> tuple[str, dict[str, str]]:
    return next((action, fields) for action, fields in _forms(page) if wanted.items() <= fields.items())


def _press(client: TestClient, form: tuple[str, dict[str, str]], **button: str) -> Any:
    return client.post(form[0], data=form[1] | button, follow_redirects=False)


def _events(client: TestClient) -> list[tuple[str, str, str]]:
    standing = client.app.state.feedback.standing("T1")  # type: ignore[attr-defined]
    return [(event.course_id, event.action, event.reason) for event in standing.events]


def test_an_intention_stands_on_her_page_and_can_be_undone(browser: TestClient) -> None:
    page = browser.get("/teachers/T1").text
    form = _form(page, action="intend", course_id="K1")
    answer = _press(browser, form)
    assert answer.status_code == 303 and answer.headers["location"] == "/teachers/T1?after=intend#courses"
    assert _events(browser) == [("K1", "intend", "")]
    assert _press(browser, form).status_code == 303  # pressed twice
    after = browser.get(answer.headers["location"]).text
    assert "已记下您的报名意向" in after and "已登记报名意向" in after
    assert not [f for _, f in _forms(after) if f.get("action") == "intend" and f["course_id"] == "K1"]
    undone = _press(browser, _form(after, action="undo", course_id="K1"))
    assert undone.status_code == 303 and _events(browser) == []
    assert "您还没有对任何课程表示过意向" in browser.get("/teachers/T1").text


@pytest.mark.parametrize("reason", ["another", "known", "time", "form", "content", "other"])
def test_another_one_and_not_for_me_say_why(browser: TestClient, reason: str) -> None:
    page = browser.get("/teachers/T1").text
    assert f'name="reason" value="{reason}"' in page
    assert _press(browser, _form(page, action="dismiss", course_id="K2"), reason=reason).status_code == 303
    assert _events(browser) == [("K2", "dismiss", reason)]


def test_a_second_choice_on_a_page_kept_open_is_a_new_write(browser: TestClient) -> None:
    form = _form(browser.get("/teachers/T1").text, action="dismiss", course_id="K2")
    for reason in ("time", "known"):
        assert _press(browser, form, reason=reason).status_code == 303
    assert _events(browser) == [("K2", "dismiss", "known")]


def test_the_switch(browser: TestClient, service: Any) -> None:
    page = browser.get("/teachers/T1").text
    answer = _press(browser, _form(page, enabled="false"))
    assert answer.headers["location"] == "/teachers/T1?after=off#courses"
    assert not browser.app.state.feedback.standing("T1").personalised  # type: ignore[attr-defined]
    assert "不再使用您的个人数据" in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "change",
    [
        {"form_token": ""}, {"form_token": "0" * 64}, {"action": "like"}, {"reason": "because"}, {"course_id": "K999"},
        {"once": ""},
    ],
)  # fmt: skip
def test_what_is_no_form_of_her_page_writes_nothing(browser: TestClient, change: dict[str, str]) -> None:
    action, fields = _form(browser.get("/teachers/T1").text, action="dismiss", course_id="K2")
    answer = browser.post(action, data=fields | change, follow_redirects=False)
    if change == {"once": ""}:  # a key of its own is not needed for one button
        assert answer.status_code == 303
        return
    assert answer.status_code in (400, 403, 404) and _events(browser) == []


def test_a_form_of_another_site_writes_nothing(browser: TestClient) -> None:
    action, fields = _form(browser.get("/teachers/T1").text, action="intend", course_id="K1")
    answer = browser.post(action, data=fields, headers={"Origin": "https://evil.example"}, follow_redirects=False)
    assert answer.status_code == 403 and _events(browser) == []


def test_where_it_cannot_be_saved_the_form_stays_and_is_sent_again(browser: TestClient) -> None:
    form = _form(browser.get("/teachers/T1").text, action="dismiss", course_id="K2")
    engine = browser.app.state.records.engine  # type: ignore[attr-defined]
    with browser.app.state.records.writing() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("ALTER TABLE feedback RENAME TO away")
    failed = _press(browser, form, reason="time")
    assert failed.status_code == 503 and "没能保存" in failed.text and failed.headers["Retry-After"] == "5"
    with browser.app.state.records.writing() as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql("ALTER TABLE away RENAME TO feedback")
    migrate(engine)
    again = _form(failed.text, action="dismiss")
    assert again[1]["reason"] == "time" and again[1]["course_id"] == "K2"
    assert _press(browser, again).status_code == 303
    assert _events(browser) == [("K2", "dismiss", "time")]


def test_a_course_that_left_the_catalogue_is_named_by_its_id_and_can_be_undone(browser: TestClient) -> None:
    from recommender.records.record_store import Author

    browser.app.state.feedback.record(Author("T1", "teacher"), "k", "T1", "GONE", "intend")  # type: ignore[attr-defined]
    page = browser.get("/teachers/T1").text
    assert "GONE" in page
    assert _press(browser, _form(page, action="undo", course_id="GONE")).status_code == 303
    assert _events(browser) == []


def test_a_page_without_courses_has_no_buttons_but_the_choices(browser: TestClient, service: Any) -> None:
    advice: Advice = service.teacher_advice("T1")
    from dataclasses import replace

    service.advice["T1"] = replace(advice, recommendations=())
    page = browser.get("/teachers/T1").text
    assert [f for _, f in _forms(page) if "action" in f] == [] and "我的选择" in page
