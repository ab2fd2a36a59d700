"""The description of the interface."""

from __future__ import annotations

import re

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
