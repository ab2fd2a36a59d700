"""A service whose threads are all at work: who waits, who is refused, and who is answered all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from anyio import to_thread
from starlette.testclient import TestClient

from api.app import THREADS
from api.load_shedding import LoadShedding

Sign = Callable[[str], dict[str, str]]
WAITING = 3


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """Until it is set, `teacher_needs` does not answer."""
    event = threading.Event()
    yield event
    event.set()


async def _waiting() -> int:
    return to_thread.current_default_thread_limiter().statistics().tasks_waiting


@pytest.fixture
def overloaded(
    go: threading.Event, simulated: Any, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, list[Any]]]:
    """A client, and the answers to come of requests that take all threads and all places to wait."""
    monkeypatch.setattr(LoadShedding, "most_waiting", WAITING)
    service = simulated.service()
    answered, started = service.teacher_needs, threading.Semaphore(0)

    def waits(teacher_id: str) -> Any:
        started.release()
        go.wait(20)
        return answered(teacher_id)

    service.teacher_needs = waits
    with simulated.client(service) as client, ThreadPoolExecutor(THREADS + WAITING) as pool:
        answers = [pool.submit(client.get, "/v1/teachers/T1/needs", headers=sign("teacher")) for _ in range(THREADS)]
        for _ in range(THREADS):
            assert started.acquire(timeout=10)
        answers += [pool.submit(client.get, "/v1/teachers/T1/needs", headers=sign("teacher")) for _ in range(WAITING)]
        until = time.monotonic() + 10
        while client.portal.call(_waiting) < WAITING:  # type: ignore[union-attr]
            assert time.monotonic() < until
            time.sleep(0.01)
        yield client, answers
        go.set()


def test_health_is_answered_while_every_thread_is_at_work(overloaded: tuple[TestClient, list[Any]]) -> None:
    client, _ = overloaded
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200


def test_more_than_can_wait_are_refused_at_once_and_the_others_are_answered(
    overloaded: tuple[TestClient, list[Any]], go: threading.Event, sign: Sign
) -> None:
    client, answers = overloaded
    refused = client.get("/v1/teachers/T1/recommendations", headers=sign("teacher"))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.json()["title_en"] == "Not ready yet"
    go.set()
    assert [answer.result(20).status_code for answer in answers] == [200] * (THREADS + WAITING)
    assert client.get("/v1/teachers/T1/recommendations", headers=sign("teacher")).status_code == 200
