"""What goes around every request: limits, headers, sign-in by link, readiness, the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.middleware import BodyLimit
from api.telemetry import WithoutQuery

Sign = Callable[[str], dict[str, str]]


@pytest.mark.parametrize(
    "path", ["/", "/v1/teachers/T1/needs", "/v1/nothing", "/static/pages.css", "/healthz", "/docs"]
)
def test_every_answer_carries_the_security_headers(path: str, client: TestClient, sign: Sign) -> None:
    headers = client.get(path, headers=sign("teacher")).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; script-src 'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_what_is_about_a_person_is_private_and_can_be_asked_for_again(client: TestClient, sign: Sign) -> None:
    for path in ("/v1/teachers/T1/needs", "/teachers/T1", "/v1/courses"):
        first = client.get(path, headers=sign("teacher"))
        assert first.headers["cache-control"] == "private, no-cache"
        again = client.get(path, headers={**sign("teacher"), "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(path, headers={**sign("teacher"), "If-None-Match": '"other"'})
        assert other.content == first.content


def test_a_body_over_one_megabyte_is_refused(client: TestClient, sign: Sign) -> None:
    answer = client.request("GET", "/v1/courses", headers=sign("teacher"), content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert answer.json()["status"] == 413
    assert (
        client.request("GET", "/v1/courses", headers=sign("teacher"), content=b"x" * 1000).status_code == 200
    )


def test_a_body_that_streams_over_the_limit_is_refused_while_it_streams() -> None:
    sent: list[dict[str, Any]] = []
    given = 0

    async def receive() -> dict[str, Any]:
        nonlocal given
        given += 1
        return {"type": "http.request", "body": b"x" * 400_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def reads_all(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass

    scope = {"type": "http", "headers": [], "path": "/", "method": "POST"}
    asyncio.run(BodyLimit(reads_all)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert given == 3


def test_a_sign_in_link_becomes_a_cookie_and_a_clean_address(client: TestClient) -> None:
    answer = client.get("/teachers/T1?lang=en&token=teacher", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/teachers/T1?lang=en"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert client.get("/teachers/T1?lang=en").status_code == 200
    assert client.get("/teachers/T2").status_code == 404
    client.get("/sign-out")
    assert client.get("/teachers/T1").status_code == 401


def test_the_cookie_is_for_https_alone_where_there_is_https(client: TestClient) -> None:
    safe = TestClient(client.app, base_url="https://testserver")
    answer = safe.get("/?token=teacher", follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_bad_link_signs_nobody_in_and_a_link_is_no_way_into_the_data_interface(client: TestClient) -> None:
    for path in ("/teachers/T1?token=nobody", "/?token=nobody", "/v1/teachers/T1/needs?token=teacher"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


def test_not_ready_before_the_desk_is_loaded(service: Any, sign: Sign) -> None:
    go = threading.Event()

    def load() -> Any:
        go.wait(10)
        return service

    app = create_app(load, {"teacher": _claims()}.get, _registry(), io.StringIO())
    with TestClient(app) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").status_code == 503
        waiting = client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
        assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "5")
        go.set()
        until = time.monotonic() + 5
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        assert client.get("/readyz").json() == {"status": "ready"}
        assert client.get("/v1/teachers/T1/needs", headers=sign("teacher")).status_code == 200


def test_a_desk_that_cannot_be_loaded_is_told_to_the_operator() -> None:
    log = io.StringIO()

    def load() -> Any:
        raise ValueError("the bundle is damaged")

    with TestClient(create_app(load, {}.get, _registry(), log)) as client:  # type: ignore[arg-type]
        until = time.monotonic() + 5
        while client.get("/readyz").json() == {"status": "loading"} and time.monotonic() < until:
            time.sleep(0.01)
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "failed"})
    assert json.loads(log.getvalue())["event"] == "desk_not_loaded"


def test_each_read_of_a_person_is_written_down_and_no_name_score_or_token(
    client: TestClient, log: io.StringIO, sign: Sign
) -> None:
    client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    client.get("/v1/teachers/T1/recommendations", headers=sign("school"))
    client.get("/teachers/T2?token=teacher")
    client.get("/v1/courses", headers=sign("school"))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(a["event"], a["actor"], a["role"], a["object"]) for a in lines] == [
        ("person_read", "T1", "teacher", "T1"),
        ("person_read", "head", "school", "T1"),
        ("person_read_refused", "T1", "teacher", "T2"),
    ]
    assert all(line["purpose"] and line["route"] and line["timestamp"].endswith("Z") for line in lines)
    text = str([{name: said for name, said in line.items() if name != "timestamp"} for line in lines])
    for secret in ("李示例", "Bearer", "token", "0.31", "-0.8", "42"):
        assert secret not in text


def test_the_names_of_a_plan_are_written_down_and_its_counts_are_not(
    client: TestClient, log: io.StringIO, sign: Sign
) -> None:
    client.get("/v1/plans/P0000000000aa", headers=sign("district"))
    assert not log.getvalue()
    client.get("/v1/plans/P0000000000aa/workbook", headers=sign("district"))
    client.get("/v1/plans/P0000000000ff/workbook", headers=sign("district"))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["object"], line["purpose"]) for line in lines] == [
        ("person_read", "P0000000000aa", "plan with names"),
        ("person_read_refused", "P0000000000ff", "plan with names"),
    ]


def test_the_metrics_name_patterns_and_no_ids(client: TestClient, sign: Sign) -> None:
    client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    text = client.get("/metrics").text
    line = 'recommender_requests_total{method="GET",route="/v1/teachers/{teacher_id}/needs",status="200"} 1.0'
    assert line in text
    assert "T1" not in text


def test_the_server_writes_no_query_into_its_access_lines() -> None:
    record = logging.LogRecord(
        "uvicorn.access", 20, "", 0, '%s - "%s %s"', ("127.0.0.1", "GET", "/teachers/T1?token=eyJh"), None
    )
    assert WithoutQuery().filter(record)
    assert "eyJh" not in record.getMessage()
    assert "/teachers/T1" in record.getMessage()


def _claims() -> Any:
    return SimpleNamespace(subject="T1", role="teacher", scope=frozenset())


def _registry() -> Any:
    return SimpleNamespace(list=lambda: (), current=lambda: None)
