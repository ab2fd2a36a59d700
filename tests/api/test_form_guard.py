"""Every write is refused from another site when the browser added the sign-in by itself: no address is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.auth import COOKIE

IDS = dict.fromkeys(
    ("plan_id", "district_id", "teacher_id", "course_id", "objection_id", "version", "entry_id", "organization_id", "upload_id"),
    "D1",
)
FOREIGN = (
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://[::1"}, {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
)  # fmt: skip


def _writes(routes: Any) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield from ((method, route.path_format) for method in sorted(route.methods - {"GET", "HEAD", "OPTIONS"}))
        elif hasattr(route, "original_router"):
            yield from _writes(route.original_router.routes)


def test_no_write_of_any_address_comes_from_another_site(client: TestClient) -> None:
    writes = list(_writes(client.app.routes))  # type: ignore[attr-defined]
    assert {("POST", "/v1/plans"), ("POST", "/v1/feedback"), ("POST", "/districts/{district_id}/plans")} <= set(writes)
    client.cookies.set(COOKIE, "district")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for method, path in writes:
        for headers in FOREIGN:
            answer = client.request(method, path.format(**IDS), content=b"code=x", headers=headers | form)
            assert answer.status_code == 403, (method, path, headers)
