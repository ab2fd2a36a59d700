"""Errors: RFC 9457 for programs, a page in both languages for people, nothing of the inside for either."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/teachers/T2/needs", 404),
        ("/v1/models", 403),
        ("/v1/nothing", 404),
        ("/v1/teachers/T1/recommendations?top=0", 422),
        ("/v1/teachers/T1/recommendations?top=51", 422),
        ("/v1/teachers/T1/recommendations?top=ten", 422),
        ("/v1/teachers/T1/recommendations?top=3&top=4", 422),
        ("/v1/teachers/T1/recommendations?to=3", 422),
        ("/v1/teachers/T1/needs?lang=en", 422),
        ("/v1/courses?q=" + "x" * 101, 422),
    ],
)
def test_an_error_is_a_problem(path: str, status: int, client: TestClient, sign: Sign) -> None:
    answer = client.get(path, headers=sign("teacher"))
    body = answer.json()
    assert answer.status_code == status == body["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert body["type"] == "about:blank"
    assert body["instance"] == path.partition("?")[0]
    assert body["title"] == body["title_zh"]
    assert body["title_en"].isascii()
    assert len(body["reference"]) == 8
    assert bool(body["errors"]) == (status == 422)


def test_the_title_follows_the_language_asked_for(client: TestClient, sign: Sign) -> None:
    def title(accept: str) -> str:
        answer = client.get("/v1/teachers/T2/needs", headers={**sign("teacher"), "Accept-Language": accept})
        return str(answer.json()["title"])

    assert title("en-GB,en;q=0.8") == "Not found"
    assert title("zh-CN,zh;q=0.9,en;q=0.8") == title("fr") == title("") == title("en;q=x") == "没有找到"


def test_all_wrong_parameters_are_named_at_once(client: TestClient, sign: Sign) -> None:
    errors = client.get("/v1/courses?one=1&two=2", headers=sign("teacher")).json()["errors"]
    assert [error["parameter"] for error in errors] == ["one", "two"]


def test_a_browser_gets_a_page(client: TestClient, sign: Sign) -> None:
    answer = client.get("/teachers/T2", headers={**sign("teacher"), "Accept": "text/html"})
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "Not found" in answer.text
    assert '<html lang="zh-CN">' in answer.text
    english = client.get("/teachers/T2?lang=en", headers={**sign("teacher"), "Accept": "text/html"})
    assert '<html lang="en">' in english.text


def test_a_failure_tells_its_reference_and_nothing_else(
    client: TestClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, sign: Sign
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("李示例 scored 0.4217, token eyJhbGciOi")

    client = TestClient(client.app, raise_server_exceptions=False)
    monkeypatch.setattr(client.app.state.service, "teacher_needs", fail)  # type: ignore[attr-defined]
    answer = client.get("/v1/teachers/T1/needs", headers=sign("teacher"))
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (failed,) = [line for line in lines if line["event"] == "request_failed"]
    assert failed["reference"] == answer.json()["reference"]
    assert failed["kind"] == "RuntimeError"
    for secret in ("李示例", "0.4217", "eyJ", "RuntimeError", "scored"):
        assert secret not in answer.text
    for secret in ("李示例", "scored", "eyJ"):
        assert secret not in log.getvalue()
