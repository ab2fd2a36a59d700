"""Ids of any text have a page and an address: slashes, signs of addresses, spaces, Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from recommender.tokens import Claims

from .conftest import SCHOOL_OF, TREE, VISITORS, SimulatedService, client_of, course, place

IDS = ["Org/K1/2026", "S/1", "100%", "a?b=1", "no#2", "two words", "第一/课程", "a+b&c", "x//y", "K1/plans"]
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(params=IDS)
def any_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(any_id: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A desk whose teacher, school, district and course have this id."""
    monkeypatch.setitem(SCHOOL_OF, any_id, any_id)
    monkeypatch.setitem(TREE, any_id, (any_id, "C1"))
    monkeypatch.setitem(VISITORS, "owner", Claims(any_id, "teacher", frozenset(), LATER))
    monkeypatch.setitem(VISITORS, "head", Claims("head", "school", frozenset({any_id}), LATER))
    monkeypatch.setitem(VISITORS, "planner", Claims("planner", "district", frozenset({any_id}), LATER))

    class Service(SimulatedService):
        def _known(self, unit: str, units: object) -> None:
            super()._known(unit, (any_id, *units))  # type: ignore[misc]

        def course(self, course_id: str) -> Any:
            self._known(course_id, ())
            return replace(course(1), course_id=course_id)

        def _advice(self, kind: str, unit: str, top: int) -> Any:
            first = replace(place(1), course=replace(course(1), course_id=any_id))
            return replace(super()._advice(kind, unit, top), recommendations=(first,))

    with client_of(Service()) as client:
        yield client


@pytest.mark.parametrize(
    ("visitor", "pattern"),
    [
        ("owner", "/v1/courses/{}"), ("owner", "/courses/{}"), ("owner", "/v1/teachers/{}/needs"),
        ("owner", "/v1/teachers/{}/recommendations"), ("owner", "/teachers/{}/held"),
        ("head", "/v1/schools/{}/needs"), ("head", "/v1/schools/{}/recommendations"), ("head", "/schools/{}"),
        ("planner", "/districts/{}"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_every_address_of_an_id_answers(client: TestClient, any_id: str, visitor: str, pattern: str) -> None:
    for safe in ("", "/"):
        answer = client.get(pattern.format(quote(any_id, safe=safe)), headers={"Authorization": f"Bearer {visitor}"})
        assert answer.status_code == 200, (answer.status_code, answer.url)


def test_the_links_of_a_page_lead_to_pages(client: TestClient, any_id: str) -> None:
    headers = {"Authorization": "Bearer owner"}
    first = f"/teachers/{quote(any_id)}"
    html = client.get(first, headers=headers).text
    links = {unescape(link) for link in re.findall(r'href="(/(?:teachers|courses)/[^"]*)"', html)}
    assert any(link.startswith("/courses/") for link in links) and any("held" in link for link in links)
    assert f"{first}?lang=en" in links
    for link in links:
        assert client.get(link, headers=headers).status_code == 200, link


def test_a_sign_in_link_keeps_the_id(client: TestClient, any_id: str) -> None:
    client.base_url = "https://testserver"  # elsewhere than on this machine a session is kept over https alone
    answer = client.get(f"/courses/{quote(any_id, safe='')}?token=owner")
    assert answer.status_code == 200 and len(answer.history) == 1


def test_an_address_with_a_slash_too_many_is_led_back(client: TestClient) -> None:
    headers = {"Authorization": "Bearer owner"}
    assert client.get("/courses/", headers=headers).url.path == "/courses"
