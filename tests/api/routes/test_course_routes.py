"""The catalogue page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


def test_the_catalogue_pages_on_and_empty_words_count_as_none(
    client: TestClient, service: Any, sign: Sign
) -> None:
    body = client.get("/v1/courses?q=&subject=", headers=sign("teacher")).json()
    assert (body["total"], body["cursor"]) == (4, "2")
    assert client.get("/v1/courses?cursor=2", headers=sign("teacher")).json()["cursor"] is None
    one = client.get("/v1/courses/K1", headers=sign("teacher")).json()
    assert one["goals"][0] == {
        "competency_id": "C1", "name_zh": "学情分析", "name_en": "Analysing student learning", "weight": 2.0
    }  # fmt: skip
