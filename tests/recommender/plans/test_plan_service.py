"""When a worker is needed: as long as something is queued, from start to close."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from features.errors import UnknownIdError
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_service import PlanService
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS

DAY = date(2026, 6, 30)


class CountingWorker:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture
def worker() -> CountingWorker:
    return CountingWorker()


@pytest.fixture
def service(tmp_path: Path, worker: CountingWorker) -> PlanService:
    workspace: Any = SimpleNamespace(root=tmp_path, fingerprint="tables")
    return PlanService(workspace, worker)


def test_the_same_question_has_the_same_id(service: PlanService) -> None:
    limits = Limits.of({"max_courses_per_teacher": 2})
    first = service.ask("D1", 1000.0, limits, "v1", DAY)
    assert service.ask("D1", 1000.0, limits, "v1", DAY) == first
    others = {
        service.ask("D2", 1000.0, limits, "v1", DAY), service.ask("D1", 1001.0, limits, "v1", DAY),
        service.ask("D1", 1000.0, Limits(), "v1", DAY), service.ask("D1", 1000.0, limits, "v2", DAY),
    }  # fmt: skip
    assert len(others | {first}) == 5
    assert [status.plan_id for status in service.of_district("D2")] != []


def test_whoever_asks_or_looks_makes_sure_that_a_worker_runs(
    service: PlanService, worker: CountingWorker, tmp_path: Path
) -> None:
    service.start()
    assert worker.calls == []
    plan_id = service.ask("D1", 1000.0, Limits(), "v1", DAY)
    assert worker.calls == ["start"]
    service.status(plan_id)
    assert worker.calls == ["start", "start"]
    PlanStore(tmp_path / PLANS).update(plan_id, state="failed")
    service.status(plan_id)
    service.close()
    assert worker.calls == ["start", "start", "stop"]


def test_what_was_queued_when_a_server_ended_is_taken_up_by_the_next(
    service: PlanService, worker: CountingWorker, tmp_path: Path
) -> None:
    service.ask("D1", 1000.0, Limits(), "v1", DAY)
    service.close()
    worker.calls.clear()
    workspace: Any = SimpleNamespace(root=tmp_path, fingerprint="tables")
    PlanService(workspace, worker).start()
    assert worker.calls == ["start"]


def test_stop_and_workbook_of_unknown_and_unfinished_plans(service: PlanService, tmp_path: Path) -> None:
    plan_id = service.ask("D1", 1000.0, Limits(), "v1", DAY)
    service.stop(plan_id)
    assert PlanStore(tmp_path / PLANS).stop_requested(plan_id)
    with pytest.raises(UnknownIdError):
        service.workbook(plan_id)
    with pytest.raises(UnknownIdError):
        service.stop("P0000000000ee")
