"""A short run of `make fuzz` for each role: no server error, and no answer that the description does not name."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn

from recommender.tokens import ROLES

REQUESTS = 90  # of each role
IDS = {
    "teacher_id": ("T1", "T2"), "school_id": ("S1", "S3"), "district_id": ("D1", "D2"), "course_id": ("K1", "K2"),
    "plan_id": ("P0000000000aa", "P0000000000bb", "P0000000000ff"), "objection_id": ("1", "2"),
    "version": ("2026-01-01-00000000", "2026-06-30-0a1b2c3d"),
}  # fmt: skip


def _module() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


FUZZ = _module()


@pytest.fixture(scope="module")
def address(simulated: Any) -> Iterator[str]:
    """A real server over the made-up desk."""
    app = simulated.client(simulated.service()).app
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started or app.state.loading != "ready":
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_described(role: str, address: str) -> None:
    tally = FUZZ.fuzz(address, role, IDS, REQUESTS)
    assert tally.faults == {}
    assert tally.requests >= REQUESTS and tally.statuses[200] > 10 and tally.statuses[401] == 0
    assert tally.sequences > 0


def test_an_answer_that_is_not_described_is_a_fault(simulated: Any) -> None:
    app = simulated.client(simulated.service()).app
    del app.openapi()["paths"]["/healthz"]["get"]["responses"]["200"]
    schema = FUZZ.schemathesis.openapi.from_asgi("/openapi.json", app)
    case = schema["/healthz"]["GET"].Case()
    tally = FUZZ.Tally()
    tally.note(case, case.call())
    assert tally.faulty == 1 and "UndefinedStatusCode 200 GET /healthz" in tally.faults
