"""Answers are private to the reader and can be asked for again by their hash."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


@pytest.mark.parametrize("role_and_path", [
    "teacher /v1/teachers/T1/needs", "teacher /v1/teachers/T1/recommendations", "teacher /teachers/T1",
    "teacher /teachers/T1/held", "school /schools/S1", "school /v1/schools/S1/needs", "district /districts/D1",
    "district /v1/plans/P0000000000aa", "district /plans/P0000000000aa", "district /v1/plans/P0000000000aa/workbook",
])  # fmt: skip
def test_what_is_about_people_is_in_no_cache(role_and_path: str, client: TestClient, sign: Sign) -> None:
    role, path = role_and_path.split()
    for headers in ({}, {"If-None-Match": "*"}, {"Accept": "text/html"}):
        answer = client.get(path, headers=sign(role) | headers)
        assert answer.status_code == 200 and "no-store" in answer.headers["cache-control"]
        assert "etag" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/courses", "/courses/K1", "/docs"])
def test_the_catalogue_can_be_asked_for_again_by_its_hash(path: str, client: TestClient, sign: Sign) -> None:
    first = client.get(path, headers=sign("teacher"))
    assert first.headers["cache-control"] == "private, no-cache"
    again = client.get(path, headers={**sign("teacher"), "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(path, headers={**sign("teacher"), "If-None-Match": '"other"'})
    assert other.content == first.content
