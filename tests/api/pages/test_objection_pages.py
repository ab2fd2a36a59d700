"""A teacher contests on her pages, and takes back; the forms work without scripts and are recorded once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.records.objection_records import Decision
from recommender.records.record_store import Author

FORM = re.compile(r'<form[^>]*action="([^"]+)">(.*?)</form>', re.S)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def browser(client: TestClient) -> Iterator[TestClient]:
    client.cookies.set("recommender_session", "teacher")
    yield client


def _form(page: str, action: str) -> dict[str, str]:
    (content,) = [content for where, content in FORM.findall(page) if where == action]
    return {name: html.unescape(value) for name, value in FIELD.findall(content)}


def _records(client: TestClient) -> Any:
    return client.app.state.objections  # type: ignore[attr-defined]


def _answer(client: TestClient, number: int, decision: Decision) -> None:
    _records(client).answer(Author("head", "school"), f"a{number}", number, decision, "已查实")


def test_from_a_row_to_its_objection_and_back(browser: TestClient, service: Any) -> None:
    page = browser.get("/teachers/T1/held").text
    address = html.unescape(re.search(r'href="(/teachers/T1/contest\?table=teachers[^"]+)"', page)[1])  # type: ignore[index]
    form = _form(browser.get(address).text, "/teachers/T1/contest")
    sent = browser.post("/teachers/T1/contest", data=form | {"text": "任教学科\r\n写错了"}, follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"] == "/teachers/T1/objections?after=contested"
    assert browser.post("/teachers/T1/contest", data=form | {"text": "任教学科\r\n写错了"}).status_code == 200  # sent twice
    (mine,) = _records(browser).of_teacher("T1")
    assert (mine.text, mine.about.row_key) == ("任教学科\n写错了", {"teacher_id": "T1"})
    stored = browser.get("/teachers/T1/held").text
    assert "contest?table=teachers" not in stored and "待答复" in stored

    _answer(browser, mine.objection_id, "upheld")
    assert "周课时不再用于估计" in browser.get("/teachers/T1/held").text
    service.left_out_for = (mine.objection_id,)
    assert "周课时已不再用于估计" in browser.get("/teachers/T1/held").text
    page = browser.get("/teachers/T1/objections").text
    assert "周课时已不再用于估计" in page and "已查实" in page
    back = _form(page, "/teachers/T1/objections/withdraw")
    assert browser.post("/teachers/T1/objections/withdraw", data=back, follow_redirects=False).status_code == 303
    assert "登记信息重新使用" in browser.get("/teachers/T1/objections").text
    assert _records(browser).one(mine.objection_id).state == "withdrawn"


def test_a_rejected_row_can_be_contested_again(browser: TestClient) -> None:
    query = "/teachers/T1/contest?course=K1"
    form = _form(browser.get(query).text, "/teachers/T1/contest")
    browser.post("/teachers/T1/contest", data=form | {"text": "no"})
    assert "/teachers/T1/contest" not in [action for action, _ in FORM.findall(browser.get(query).text)]
    _answer(browser, 1, "rejected")
    again = _form(browser.get(query).text, "/teachers/T1/contest")
    browser.post("/teachers/T1/contest", data=again | {"text": "with more to say"})
    assert [one.state for one in _records(browser).of_teacher("T1")] == ["open", "rejected"]


def test_what_she_wrote_stays_where_it_was_too_long(browser: TestClient) -> None:
    form = _form(browser.get("/teachers/T1/contest?need=C1").text, "/teachers/T1/contest")
    answer = browser.post("/teachers/T1/contest", data=form | {"text": "很" * 501})
    assert answer.status_code == 422 and "很" * 501 in answer.text and "不超过 500 字" in answer.text
    assert _records(browser).of_teacher("T1") == ()


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("table=teachers", 400), ("table=teachers&key=x", 400), ("table=teachers&key=%5B%5D", 400),
     ("need=C1&course=K1", 400), ("course=K99", 404), ("need=C99", 404), ("nobody=1", 422),
     ("table=teachers&key=%7B%22teacher_id%22%3A%22T2%22%7D", 404)],
)  # fmt: skip
def test_only_what_is_hers_has_a_form(query: str, status: int, browser: TestClient) -> None:
    assert browser.get(f"/teachers/T1/contest?{query}").status_code == status


def test_forms_of_others_and_of_other_sites_are_refused(browser: TestClient) -> None:
    form = _form(browser.get("/teachers/T1/contest?course=K1").text, "/teachers/T1/contest") | {"text": "no"}
    assert browser.post("/teachers/T1/contest", data=form | {"form_token": "x"}).status_code == 403
    assert browser.post("/teachers/T1/contest", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post("/teachers/T2/contest", data=form).status_code == 404
    browser.post("/teachers/T1/contest", data=form)
    other = _records(browser).contest(Author("T2", "teacher"), "k", "T2", _records(browser).one(1).about, "no").objection_id
    back = {"form_token": form["form_token"], "once": "1", "objection_id": str(other)}
    assert browser.post("/teachers/T1/objections/withdraw", data=back).status_code == 404
    for wrong in ("", "x", "99"):
        assert browser.post("/teachers/T1/objections/withdraw", data=back | {"objection_id": wrong}).status_code == 404
    assert _records(browser).one(other).state == "open"


def test_a_need_that_is_withheld_is_said(browser: TestClient, service: Any) -> None:
    form = _form(browser.get("/teachers/T1/contest?need=C1").text, "/teachers/T1/contest")
    browser.post("/teachers/T1/contest", data=form | {"text": "被听课三次都达标"})
    _answer(browser, 1, "upheld")
    from dataclasses import replace

    teacher = service.teacher_needs("T1")
    service.needs["T1"] = replace(teacher, needs=teacher.needs[1:])
    service.left_out_for = (1,)
    page = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", browser.get("/teachers/T1/held").text))
    assert "学情分析：不再估计：异议成立" in page
