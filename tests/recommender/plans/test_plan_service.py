"""When a worker is needed: as long as something is queued, from start to close."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import BusyError, StaleError, UnknownIdError
from features.messages import BilingualText
from recommender.event_log import event_log
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_queue import Quota
from recommender.plans.plan_service import QUOTA, PlanService
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS
from recommender.records.planning_tables import PLAN_JOBS
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

VERSION = ServedVersion("tables", date(2026, 6, 30), "v1")
OTHER = ServedVersion("tables", date(2026, 6, 30), "v2")


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


def _service(root: Path, worker: CountingWorker, quota: Quota = QUOTA, watch: float = 600.0) -> PlanService:
    """Of a workspace whose tables have the fingerprint that stands in a file."""
    (root / "tables").mkdir(exist_ok=True)
    if not (root / "tables" / "origin.json").exists():
        (root / "tables" / "origin.json").write_text('{"made_up": true, "fingerprint": "tables"}')
    return PlanService(Workspace(root), worker, quota, event_log(io.StringIO()), watch)


def _store(root: Path) -> PlanStore:
    return PlanStore(root / PLANS, RecordStore.of(root, Settings()))


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def service(tmp_path: Path, worker: CountingWorker) -> PlanService:
    return _service(tmp_path, worker)


def test_the_same_question_has_the_same_id(service: PlanService) -> None:
    limits = Limits.of({"max_courses_per_teacher": 2})
    first = service.ask("D1", 1000.0, limits, VERSION, "planner")
    assert service.ask("D1", 1000.0, limits, VERSION, "planner") == first
    others = {
        service.ask("D2", 1000.0, limits, VERSION, "planner"), service.ask("D1", 1001.0, limits, VERSION, "planner"),
        service.ask("D1", 1000.0, Limits(), VERSION, "planner"), service.ask("D1", 1000.0, limits, OTHER, "planner"),
    }  # fmt: skip
    assert len(others | {first}) == 5
    assert [status.plan_id for status in service.of_district("D2")] != []


def test_whoever_asks_or_looks_makes_sure_that_a_worker_runs(
    service: PlanService, worker: CountingWorker, tmp_path: Path
) -> None:
    plan_id = service.ask("D1", 1000.0, Limits(), VERSION, "planner")
    assert worker.calls == ["start"]
    service.status(plan_id)
    assert worker.calls == ["start", "start"]
    job = _store(tmp_path).queue.claim("w")
    assert job is not None
    _store(tmp_path).queue.end(job.job_id, "w", "failed", BilingualText("没有", "none"))
    service.status(plan_id)
    service.close()
    assert worker.calls == ["start", "start", "stop"]


def test_what_was_queued_when_a_server_ended_is_taken_up_by_the_next(
    service: PlanService, worker: CountingWorker, tmp_path: Path
) -> None:
    service.ask("D1", 1000.0, Limits(), VERSION, "planner")
    service.close()
    worker.calls.clear()
    second = _service(tmp_path, worker)
    second.start()
    _until(lambda: worker.calls == ["start"])
    second.close()


def test_stop_and_workbook_of_unknown_and_unfinished_plans(service: PlanService) -> None:
    plan_id = service.ask("D1", 1000.0, Limits(), VERSION, "planner")
    service.stop(plan_id)
    assert service.status(plan_id).state == "stopped"
    with pytest.raises(UnknownIdError):
        service.workbook(plan_id)
    with pytest.raises(UnknownIdError):
        service.stop("P0000000000ee")


def test_one_person_and_all_together_may_queue_only_so_many(tmp_path: Path, worker: CountingWorker) -> None:
    service = _service(tmp_path, worker, Quota(person=3, all=5))

    def ask(yuan: float, asker: str) -> str:
        return service.ask("D1", yuan, Limits(), VERSION, asker)

    first = ask(1.0, "a")
    for yuan in (2.0, 3.0):
        ask(yuan, "a")
    assert ask(1.0, "a") == first, "the same question again costs nothing"
    with pytest.raises(BusyError) as refused:
        ask(4.0, "a")
    assert refused.value.retry_after > 0
    for yuan in (5.0, 6.0):
        ask(yuan, "b")
    with pytest.raises(BusyError):
        ask(7.0, "c")
    service.stop(first)
    assert service.status(first).state == "stopped"
    ask(4.0, "a")
    assert len(_store(tmp_path).queue.waiting()) == 5


def test_of_many_that_ask_at_once_no_more_than_the_quota_is_queued(tmp_path: Path, worker: CountingWorker) -> None:
    services = [_service(tmp_path, worker, Quota(person=4, all=50)) for _ in range(2)]

    def ask(i: int) -> bool:
        try:
            services[i % 2].ask("D1", float(i), Limits(), VERSION, "a")
        except BusyError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(40))) == 4
    assert len(_store(tmp_path).queue.waiting()) == 4


def test_nothing_is_queued_for_tables_that_are_no_longer_there(service: PlanService, tmp_path: Path) -> None:
    (tmp_path / "tables" / "origin.json").write_text('{"made_up": true, "fingerprint": "newer"}')
    with pytest.raises(StaleError):
        service.ask("D1", 1000.0, Limits(), VERSION, "planner")
    assert service.tables() == "newer" and service.of_district("D1") == ()


def test_a_worker_that_dies_is_started_again_as_long_as_something_waits(tmp_path: Path, worker: CountingWorker) -> None:
    service = _service(tmp_path, worker, watch=0.01)
    service.start()
    time.sleep(0.1)
    assert worker.calls == []
    plan_id = service.ask("D1", 1000.0, Limits(), VERSION, "planner")
    _until(lambda: worker.calls.count("start") > 5)
    store = RecordStore.of(tmp_path, Settings())
    assert _store(tmp_path).queue.claim("w") is not None
    with store.writing() as connection:  # it was killed
        connection.execute(sa.update(PLAN_JOBS).values(leased_until=datetime.now(UTC) - timedelta(hours=1)))
    assert service.status(plan_id).state == "interrupted"
    before = len(worker.calls)
    _until(lambda: len(worker.calls) > before + 5)
    service.close()
    assert worker.calls[-1] == "stop"
