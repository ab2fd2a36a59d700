"""The form of a self-assessment: saved a page at a time, resumed, submitted once however often it is sent, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.pages import self_assessment_page

PATH = "/teachers/T1/self-assessment"
FORM = re.compile(r'<form[^>]*action="([^"]+)">(.*?)</form>', re.S)
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Browser:
    """One signed-in browser."""

    client: TestClient

    def form(self, address: str, n: int = 0) -> dict[str, str]:
        """Hidden fields of the n-th form of its own on a page."""
        forms = [(a, c) for a, c in FORM.findall(self.client.get(address).text) if a == PATH]
        return dict(FIELD.findall(forms[n][1]))

    def send(self, fields: dict[str, str], **more: str) -> Any:
        return self.client.post(PATH, data=fields | more, follow_redirects=False)

    @property
    def standing(self) -> Any:
        return self.client.app.state.self_assessments.standing("T1")  # type: ignore[attr-defined]


@pytest.fixture
def browser(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setattr(self_assessment_page, "A_PAGE", 2)
    client.cookies.set("recommender_session", "teacher")
    yield Browser(client)


def test_each_page_is_saved_and_the_form_goes_on_where_she_left(browser: Browser) -> None:
    answer = browser.send(browser.form(PATH), action="next", **{"score:SELF-1": "5", "score:SELF-2": "2"})
    assert answer.status_code == 303 and answer.headers["location"] == f"{PATH}?part=2&after=saved"
    assert browser.standing.draft.scores == {"SELF-1": 5.0, "SELF-2": 2.0} and browser.standing.submitted == ()
    page = browser.client.get(PATH).text  # another day
    assert "已保存 2 题，共 4 题" in page
    assert re.findall(r'name="score:(\S+)" value="(\d)" checked', page) == [("SELF-1", "5"), ("SELF-2", "2")]
    last = browser.send(browser.form(f"{PATH}?part=2"), action="submit", **{"score:SELF-3": "4"})
    assert last.headers["location"] == f"{PATH}?after=submitted"
    (one,) = browser.standing.submitted
    assert one.scores == {"SELF-1": 5.0, "SELF-2": 2.0, "SELF-3": 4.0} and browser.standing.draft is None
    after = browser.client.get(last.headers["location"]).text
    assert "+2.0" in after and "−1.0" in after and "最多占 8%" in after


def test_a_broken_network_loses_nothing_and_stores_nothing_twice(browser: Browser) -> None:
    first, score = browser.form(PATH), {"score:SELF-1": "5"}
    browser.send(first, action="submit", **score)
    once = browser.standing
    assert browser.send(first, action="submit", **score).status_code == 303  # the answer was lost, the form is sent again
    assert browser.standing == once and len(once.submitted) == 1


def test_what_cannot_be_saved_stays_on_a_page_that_sends_it_again(browser: Browser) -> None:
    store = browser.client.app.state.records  # type: ignore[attr-defined]
    fields = browser.form(PATH)
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE self_assessments RENAME TO away")
    answer = browser.send(fields, action="next", **{"score:SELF-1": "5"})
    assert answer.status_code == 503 and "没能保存" in answer.text
    kept = dict(FIELD.findall(FORM.findall(answer.text)[-1][1]))
    assert kept["score:SELF-1"] == "5" and kept["once"] == fields["once"]
    with store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO self_assessments")
    assert browser.send(kept).status_code == 303
    assert browser.standing.draft.scores == {"SELF-1": 5.0}


@pytest.mark.parametrize(
    "fields", [{"score:SELF-9": "3"}, {"score:SELF-1": "6"}, {"score:SELF-1": "x"}, {"part": "x"}, {"action": ""}]
)
def test_a_form_that_is_not_ours_is_refused(browser: Browser, fields: dict[str, str]) -> None:
    answer = browser.send(browser.form(PATH) | {"action": "next", "score:SELF-2": "3"} | fields)
    assert answer.status_code == 400 and browser.standing.draft is None


def test_nothing_chosen_is_said_and_not_stored(browser: Browser) -> None:
    assert browser.send(browser.form(PATH), action="next").headers["location"] == f"{PATH}?part=1&after=unanswered"
    assert browser.standing.draft is None


def test_she_deletes_all_of_it(browser: Browser) -> None:
    browser.send(browser.form(PATH), action="submit", **{"score:SELF-1": "5"})
    fields = browser.form(PATH, 1)
    assert fields["action"] == "delete"
    assert browser.send(fields).headers["location"] == f"{PATH}?after=deleted"
    assert browser.standing.submitted == () and "还没有开始" in browser.client.get(PATH).text


def test_all_that_is_stored_of_her_shows_it(browser: Browser) -> None:
    browser.send(browser.form(PATH), action="submit", **{"score:SELF-1": "5"})
    page = browser.client.get("/teachers/T1/held").text
    assert "self_assessments" in page or "自评" in page
    tables = browser.client.get("/v1/teachers/T1/data").json()["tables"]
    assert [len(table["rows"]) for table in tables if "self_assessments" in table.values()] == [1]
