"""The description of the interface."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient


def test_the_interface_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert "/v1/teachers/{teacher_id}/recommendations" in described["paths"]
    assert "/teachers/{teacher_id}" not in described["paths"]
    text = str(described)
    assert "HTTPValidationError" not in text
    for ref in re.findall(r"#/components/schemas/(\w+)", text):
        assert ref in described["components"]["schemas"]
    call = described["paths"]["/v1/courses/{course_id}"]["get"]
    assert call["security"] == [{"bearer": []}]
    assert "application/problem+json" in call["responses"]["404"]["content"]
    page = client.get("/docs").text
    assert all(path in page for path in described["paths"])


def test_every_status_that_is_seen_is_described(client: TestClient) -> None:
    """The clients of these tests look up each answer; here a status nobody described."""
    described = client.app.openapi()["paths"]  # type: ignore[attr-defined]
    del described["/healthz"]["get"]["responses"]["200"]
    with pytest.raises(AssertionError, match="healthz"):
        client.get("/healthz")


def test_who_is_asked_to_wait_is_told_how_long(client: TestClient) -> None:
    described = client.app.openapi()["paths"]  # type: ignore[attr-defined]
    answers = described["/v1/plans"]["post"]["responses"]
    assert {"202", "401", "403", "404", "409", "413", "422", "429", "500", "503"} == set(answers)
    assert "Retry-After" in answers["429"]["headers"]
    assert "$ref" not in str(described["/v1/plans"]["post"]["requestBody"])
