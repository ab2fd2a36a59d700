"""The worker's loop in this process: what it answers, what it says when it fails, what it logs."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from features.errors import DataError, UnavailableError
from recommender.event_log import event_log
from recommender.plans import plan_worker
from recommender.plans.plan_jobs import Job
from recommender.plans.plan_worker import PlanWorker
from recommender.plans.run_plan import PlanQuestion
from recommender.plans.worker_lock import worker_lock
from recommender.records.planning_tables import PLAN_JOBS
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion
from recommender.settings import Settings

FIRST = ServedVersion("first", date(2026, 6, 30), "v1")
ID, OTHER = "P0000000000aa", "P0000000000bb"
Question = Callable[..., PlanQuestion]


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def worker(tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> PlanWorker:
    """A worker whose planner plans nothing; its workspace has the fingerprint that stands in a file."""

    def workspace(root: Path) -> Any:
        return SimpleNamespace(fingerprint=(root / "tables").read_text())

    (tmp_path / "tables").write_text("first")
    monkeypatch.setattr(plan_worker, "Workspace", workspace)
    planner: Any = lambda workspace, version: SimpleNamespace(workspace=workspace, version=version)  # noqa: E731
    result = PlanWorker(tmp_path, event_log(log), planner)
    monkeypatch.setattr(plan_worker, "id_of", lambda planner, question: result.lease._job and result.lease._job.plan_id)
    return result


Answers = Callable[[Callable[..., None]], list[Any]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, written: Callable[..., Path]) -> Answers:
    """answers(what is done in place of planning) -> the planners that were used; files of a plan are there afterwards."""

    def use(answer: Callable[..., None]) -> list[Any]:
        planners: list[Any] = []

        def run(planner: Any, question: PlanQuestion, folder: Path, **hooks: Any) -> None:
            planners.append(planner)
            answer(folder, **hooks)
            written(folder)

        monkeypatch.setattr(plan_worker, "run_plan", run)
        return planners

    return use


def test_all_questions_are_answered_and_the_planner_is_kept(
    worker: PlanWorker, question: Question, answers: Answers
) -> None:
    shares = []

    def answer(folder: Path, stopped: Callable[[], bool], progress: Callable[[str, float], None]) -> None:
        progress("求解 / Solving", 0.25)
        shares.append(worker.store.status(folder.name).share)
        assert worker.store.status(folder.name).state == "running" and not stopped()

    planners = answers(answer)
    for plan_id in (ID, OTHER):
        worker.store.put(plan_id, question(), FIRST)
    worker.run(0.01)
    assert shares == [0.25, 0.25]
    assert planners[0] is planners[1]
    assert [worker.store.job(plan_id).state for plan_id in (ID, OTHER)] == ["done", "done"]
    (worker.root / "tables").write_text("second")
    worker.store.put("P0000000000cc", question(), replace(FIRST, tables="second"))
    worker.run(0.01)
    assert planners[2] is not planners[0]


def test_a_request_to_stop_reaches_the_solver(
    worker: PlanWorker, question: Question, answers: Answers
) -> None:
    seen = []

    def answer(folder: Path, stopped: Callable[[], bool], progress: Any) -> None:
        worker.store.request_stop(folder.name)
        seen.append(stopped())

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert seen == [True]


def test_a_fault_is_logged_without_its_message_and_told_in_both_languages(
    worker: PlanWorker, question: Question, log: io.StringIO, answers: Answers
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise ValueError("李示例 scored 0.42")

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status = worker.store.status(ID)
    assert status.state == "failed"
    assert "程序出错（ValueError）" in status.message.zh and "ValueError" in status.message.en
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["event"], line["level"], line["plan_id"], line["kind"]) == ("plan_fault", "error", ID, "ValueError")
    assert line["place"][-1].startswith("test_plan_worker.py:")
    assert "李示例" not in log.getvalue() + str(status) and "0.42" not in log.getvalue() + str(status)


def test_what_the_data_refuse_is_told_in_words_and_logged_by_code(
    worker: PlanWorker, question: Question, log: io.StringIO, answers: Answers
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise DataError("planning.unknown_teacher", unit_id="T77")

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status = worker.store.status(ID)
    assert status.state == "failed" and "T77" in status.message.zh and "T77" in status.message.en
    assert status.message.zh != status.message.en
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["event"], line["code"]) == ("plan_failed", "planning.unknown_teacher")
    assert "T77" not in log.getvalue()


def _died(worker: PlanWorker, plan_id: str, attempts: int) -> None:
    """So many workers began with a question, and the last one gave no sign of life for an hour."""
    ago = datetime.now(UTC) - timedelta(hours=1)
    with RecordStore.of(worker.root, Settings()).writing() as connection:
        values = {"state": "running", "attempts": attempts, "worker": "dead", "leased_until": ago}
        connection.execute(sa.update(PLAN_JOBS).where(PLAN_JOBS.c.plan_id == plan_id).values(values))


def test_one_worker_a_workspace(worker: PlanWorker, question: Question, answers: Answers) -> None:
    planners = answers(lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    with worker_lock(worker.store.jobs):
        worker.run(0.01)
    assert planners == [] and worker.store.status(ID).state == "queued"


def test_a_worker_that_lost_its_question_leaves_it_to_the_other_one(
    worker: PlanWorker, question: Question, answers: Answers, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)

    def answer(folder: Path, **hooks: Any) -> None:
        worker.keep_lease()
        assert codes == []
        _died(worker, ID, 1)
        assert worker.store.queue.claim("another") is not None
        worker.keep_lease()

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status, job = worker.store.status(ID), worker.store.job(ID)
    assert (status.state, job.attempts, codes) == ("running", 2, [plan_worker.LEASE_LOST])
    assert not (worker.store.folder / ID).exists() and "plan_lease_lost" in log.getvalue()


def test_while_the_records_cannot_be_written_a_plan_waits_for_its_row(
    worker: PlanWorker, question: Question, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_worker, "AGAIN", 0.01)
    failures = iter(range(3))

    def publish(*known: Any) -> None:
        if next(failures, None) is not None:
            raise UnavailableError("records.unavailable")
        published(*known)

    published = worker.store.publish
    monkeypatch.setattr(worker.store, "publish", publish)
    answers(lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert worker.store.status(ID).state == "done" and next(failures, None) is None


def test_what_killed_attempts_left_goes_with_the_next_worker(worker: PlanWorker, question: Question, answers: Answers) -> None:
    worker.store.put(ID, question(), FIRST)
    worker.store.put(OTHER, question(), FIRST)
    job = worker.store.queue.claim("elsewhere")
    assert job is not None
    kept, left = worker.store.attempt_folder(job), worker.store.jobs / "77-1" / OTHER
    for folder in (kept, left):
        folder.mkdir(parents=True)
    answers(lambda folder, **hooks: None)
    worker.run(0.01)
    assert kept.exists() and not left.parent.exists()


def test_after_a_requeue_nothing_is_written(worker: PlanWorker, question: Question) -> None:
    worker.store.put(ID, question(), FIRST)
    job = worker.store.queue.claim(worker.lease.worker)
    assert job is not None
    worker.lease.begin(worker.store.queue, job)
    worker.lease.requeue()
    assert worker.store.status(ID).state == "queued"
    assert not worker.lease._writing.acquire(blocking=False)


def test_nothing_is_worked_out_for_another_version_than_was_asked(
    worker: PlanWorker, question: Question, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    planners = answers(lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    worker.store.put(OTHER, question())  # of an earlier version of the program, which did not write it down
    (worker.root / "tables").write_text("newer")
    worker.run(0.01)
    for plan_id in (ID, OTHER):
        status = worker.store.status(plan_id)
        assert status.state == "stale" and "数据已经更新" in status.message.zh
    (worker.root / "tables").write_text("first")
    monkeypatch.setattr(plan_worker, "id_of", lambda planner, question: "P00000000ffff")
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert worker.store.status(ID).state == "stale" and "程序" in worker.store.status(ID).message.zh
    assert planners == []


def test_a_question_that_cannot_be_handled_does_not_keep_the_others_waiting(
    worker: PlanWorker, question: Question, log: io.StringIO, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt_folder = worker.store.attempt_folder

    def no_folder(job: Job) -> Path:
        if job.plan_id == ID:
            raise PermissionError
        return attempt_folder(job)

    monkeypatch.setattr(worker.store, "attempt_folder", no_folder)
    answers(lambda folder, **hooks: None)
    for plan_id in (ID, OTHER):
        worker.store.put(plan_id, question(), FIRST)
    worker.run(0.01)
    assert worker.store.job(OTHER).state == "done"
    assert "plan_passed_over" in log.getvalue()


def test_after_its_time_the_best_plan_so_far_is_taken_and_then_it_is_given_up(
    worker: PlanWorker, question: Question, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.seconds = 0.2
    seen, codes = [], []

    def answer(folder: Path, stopped: Callable[[], bool], progress: Any) -> None:
        worker.give_up_late()
        time.sleep(0.25)
        seen.append(stopped())
        time.sleep(0.25)
        monkeypatch.setattr(os, "_exit", codes.append)
        worker.give_up_late()
        seen.append(worker.store.status(folder.name).state)

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert seen == [True, "expired"] and codes == [plan_worker.GIVEN_UP]


def test_memory_that_is_not_there_is_said_in_words(
    worker: PlanWorker, question: Question, answers: Answers
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise MemoryError

    answers(answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status = worker.store.status(ID)
    assert status.state == "failed" and "内存" in status.message.zh and "memory" in status.message.en


def test_a_question_that_two_processes_died_of_is_given_up(
    worker: PlanWorker, question: Question, answers: Answers
) -> None:
    planners = answers(lambda folder, **hooks: None)
    for plan_id, attempts in ((ID, 1), (OTHER, 2)):
        worker.store.put(plan_id, question(), FIRST)
        _died(worker, plan_id, attempts)
    worker.run(0.01)
    assert worker.store.job(ID).state == "done" and len(planners) == 1
    status = worker.store.status(OTHER)
    assert status.state == "failed" and "2" in status.message.en


def test_a_question_that_was_stopped_before_it_began_is_not_worked_out(
    worker: PlanWorker, question: Question, answers: Answers
) -> None:
    planners = answers(lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    worker.store.request_stop(ID)
    worker.run(0.01)
    assert worker.store.status(ID).state == "stopped" and planners == []
