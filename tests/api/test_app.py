"""Start and end of the application: readiness, failures of loading, the worker of plans."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from features.errors import ReadError, UnavailableError

Sign = Callable[[str], dict[str, str]]


def _claims() -> Any:
    return SimpleNamespace(subject="T1", role="teacher", scope=frozenset())


def _registry() -> Any:
    return SimpleNamespace(list=lambda: (), current=lambda: None, history=lambda: (), changes=lambda _: None)


def _until(client: TestClient, state: str) -> Any:
    """The answer of /readyz once it has this state."""
    until = time.monotonic() + 5
    while (answer := client.get("/readyz").json())["status"] != state:
        assert time.monotonic() < until, answer
        time.sleep(0.01)
    return answer


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


@pytest.mark.parametrize(("error", "reason"), [
    (ValueError("the bundle is damaged"), "ValueError"),
    (ReadError("workspace.damaged_history", path="/srv/city/imports.json"), "workspace.damaged_history"),
])  # fmt: skip
def test_a_desk_that_cannot_be_loaded_is_told_to_the_operator(error: Exception, reason: str) -> None:
    log = io.StringIO()

    def load() -> Any:
        raise error

    with TestClient(create_app(load, {}.get, _registry(), log)) as client:  # type: ignore[arg-type]
        until = time.monotonic() + 5
        while client.get("/readyz").json()["status"] == "loading" and time.monotonic() < until:
            time.sleep(0.01)
        answer = client.get("/readyz")
    state = answer.json()
    assert (answer.status_code, state["status"], state["reason"]) == (503, "failed", reason)
    assert "recommender doctor" in state["detail_en"] and "recommender doctor" in state["detail_zh"]
    assert "/srv/city" not in answer.text  # everybody may ask; the log says which file
    assert json.loads(log.getvalue())["event"] == "desk_not_loaded"


def test_while_the_database_cannot_be_used_it_is_tried_again_and_then_served(
    service: Any, simulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, records, usable = io.StringIO(), simulated.records(), threading.Event()
    opened = records.open

    def open_if_usable() -> Any:
        if not usable.is_set():
            raise UnavailableError("records.unavailable")
        return opened()

    monkeypatch.setattr(records, "open", open_if_usable)
    monkeypatch.setattr("api.loading.RETRY", 0.01)
    app = create_app(lambda: service, {}.get, _registry(), log, records=records)  # type: ignore[arg-type]
    with TestClient(app) as client:
        answer = _until(client, "waiting")
        assert answer["reason"] == "records.unavailable" and "数据库" in answer["detail_zh"]
        usable.set()
        assert _until(client, "ready") == {"status": "ready"}
    assert [json.loads(text)["event"] for text in log.getvalue().splitlines()].count("records_not_reachable") == 1
    usable.clear()
    with TestClient(create_app(lambda: service, {}.get, _registry(), log, records=records)) as client:  # type: ignore[arg-type]
        _until(client, "waiting")  # and a server that was never ready ends all the same


def test_queued_plans_are_taken_up_at_the_start_and_their_worker_ends_with_the_server(
    service: Any, plans: Any
) -> None:
    app = create_app(lambda: service, {}.get, _registry(), io.StringIO(), plans)  # type: ignore[arg-type]
    with TestClient(app):
        assert plans.calls == ["start"]
    assert plans.calls == ["start", "close"]


def test_a_server_imports_nothing_that_only_training_needs() -> None:
    program = "import sys, api.app, api.server_settings; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    training = ["scipy.stats", "scipy.optimize", "sklearn", "lightgbm", "typer"]
    done = subprocess.run([sys.executable, "-c", program, *training], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
