"""Limits on what comes in, security headers on what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.middleware import BodyLimit

Sign = Callable[[str], dict[str, str]]


@pytest.mark.parametrize(
    "path", ["/", "/v1/teachers/T1/needs", "/v1/nothing", "/static/pages.css", "/healthz", "/docs"]
)
def test_every_answer_carries_the_security_headers(path: str, client: TestClient, sign: Sign) -> None:
    headers = client.get(path, headers=sign("teacher")).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; script-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"  # with none, our own forms come as Origin: null
    assert headers["x-frame-options"] == "DENY"


def test_a_body_over_one_megabyte_is_refused(client: TestClient, sign: Sign) -> None:
    answer = client.request("GET", "/v1/courses", headers=sign("teacher"), content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["status"] == 413
    assert (
        client.request("GET", "/v1/courses", headers=sign("teacher"), content=b"x" * 1000).status_code == 200
    )


def test_a_body_that_streams_over_the_limit_is_refused_while_it_streams() -> None:
    sent: list[dict[str, Any]] = []
    conditionals = 0

    async def receive() -> dict[str, Any]:
        nonlocal conditionals
        conditionals += 1
        return {"type": "http.request", "body": b"x" * 400_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass

    scope = {"type": "http", "headers": [], "path": "/", "query_string": b"", "method": "POST"}
    asyncio.run(BodyLimit(reads_all)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert conditionals == 3
