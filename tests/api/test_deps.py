"""Answers are private to the reader and can be asked for again by their hash."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


def test_what_is_about_a_person_is_private_and_can_be_asked_for_again(client: TestClient, sign: Sign) -> None:
    for path in ("/v1/teachers/T1/needs", "/teachers/T1", "/v1/courses"):
        first = client.get(path, headers=sign("teacher"))
        assert first.headers["cache-control"] == "private, no-cache"
        again = client.get(path, headers={**sign("teacher"), "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(path, headers={**sign("teacher"), "If-None-Match": '"other"'})
        assert other.content == first.content
