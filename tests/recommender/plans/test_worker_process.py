"""Real processes: a worker ends with whoever started it, and its question waits for the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.plans.worker_process import WorkerProcess
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion
from recommender.settings import Settings

ID = "P0000000000aa"
SECONDS = 30.0
SLOW = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from recommender.plans import plan_queue, plan_worker
plan_queue.LEASE = 2.0
plan_worker.Workspace = lambda root: SimpleNamespace(fingerprint="x")
plan_worker._planner = lambda workspace, version: time.sleep(600)
plan_worker.main(Path(sys.argv[1]), float(sys.argv[2]))
"""
SERVER = """
import sys, time
from pathlib import Path
from recommender.plans.worker_process import WorkerProcess
worker = WorkerProcess(Path(sys.argv[1]), command=(sys.executable, "-c", sys.argv[2]))
worker.start()
print(worker.pid, flush=True)
time.sleep(600)
"""
Question = Callable[..., PlanQuestion]


@pytest.fixture
def store(tmp_path: Path, question: Question) -> PlanStore:
    """With one question queued."""
    result = PlanStore(tmp_path / PLANS, RecordStore.of(tmp_path, Settings()))
    result.put(ID, question(), ServedVersion("x", date(2026, 6, 30), "v1"))
    return result


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def _slow_worker(root: Path) -> WorkerProcess:
    return WorkerProcess(root, command=(sys.executable, "-c", SLOW))


def test_a_killed_server_leaves_no_worker_and_its_question_waits(tmp_path: Path, store: PlanStore) -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path), SLOW], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        _until(lambda: store.status(ID).state == "running", "the worker did not begin")
        server.send_signal(signal.SIGKILL)
        server.wait(SECONDS)
        _until(lambda: not _alive(worker), "the worker outlived its server")
        assert store.status(ID).state == "queued"
    finally:
        server.kill()
        server.communicate()


@pytest.mark.slow
def test_stopping_ends_the_child_and_the_next_start_takes_the_question_up(tmp_path: Path, store: PlanStore) -> None:
    first, second = _slow_worker(tmp_path), _slow_worker(tmp_path)
    try:
        first.start()
        pid = first.pid
        assert pid is not None
        first.start()
        assert first.pid == pid
        _until(lambda: store.status(ID).state == "running", "the worker did not begin")
        second.start()
        assert second.pid is None, "another process has a worker at work"
        first.stop()
        assert first.pid is None and not _alive(pid)
        assert store.status(ID).state == "queued"
        second.start()
        _until(lambda: store.status(ID).state == "running", "the question was not taken up again")
    finally:
        first.stop()
        second.stop()
    assert store.status(ID).state == "queued"


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path, command=(sys.executable, "-c", "import time; time.sleep(600)"))
    worker.start()
    pid = worker.pid
    assert pid is not None
    worker.stop(0.2)
    assert not _alive(pid)
    worker.stop()


@pytest.mark.slow
def test_a_killed_worker_is_seen_and_replaced(tmp_path: Path, store: PlanStore) -> None:
    worker = _slow_worker(tmp_path)
    try:
        worker.start()
        pid = worker.pid
        assert pid is not None
        _until(lambda: store.status(ID).state == "running", "the worker did not begin")
        os.kill(pid, signal.SIGKILL)
        _until(lambda: worker.pid is None, "the worker is still there")
        _until(lambda: store.status(ID).state == "interrupted", "its lease did not run out")
        worker.start()
        assert worker.pid not in (None, pid)
        _until(lambda: store.status(ID).state == "running", "the question was not taken up again")
        assert store.job(ID).attempts == 2
    finally:
        worker.stop()
