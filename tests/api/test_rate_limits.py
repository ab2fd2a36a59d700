"""A bucket for each key: empty after its number, full again after a minute."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api import rate_limits
from api.rate_limits import RateLimit
from features.errors import BusyError


def test_a_bucket_empties_and_fills_again() -> None:
    limit = RateLimit(6)
    for _ in range(6):
        limit.take("a", 0.0)
    limit.take("b", 0.0)
    with pytest.raises(BusyError) as error:
        limit.take("a", 1.0)
    assert error.value.retry_after == 9
    limit.take("a", 10.0)
    with pytest.raises(BusyError):
        limit.take("a", 10.0)
    for _ in range(6):
        limit.take("a", 1000.0)
    with pytest.raises(BusyError):
        limit.take("a", 1000.0)


def test_memory_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_BUCKETS", 3)
    limit = RateLimit(1)
    for key in "abcd":
        limit.take(key, 0.0)
    limit.take("a", 0.0)  # forgotten
    with pytest.raises(BusyError):
        limit.take("d", 0.0)


def test_one_person_writes_so_often_and_reads_on(client: TestClient) -> None:
    client.app.state.writes.per_minute = 2  # type: ignore[attr-defined]
    district = {"Authorization": "Bearer district"}
    body = {"district_id": "D1", "budget": 1}
    answers = [client.post("/v1/plans", json=body, headers=district) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1 and "频繁" in answers[-1].json()["detail"]
    assert client.get("/v1/courses", headers=district).status_code == 200


def test_an_address_that_tries_too_often_waits(client: TestClient) -> None:
    client.app.state.sign_ins.per_minute = 3  # type: ignore[attr-defined]
    statuses = [client.get("/sign-in/link?code=x").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
