"""The worker's loop in this process: what it answers, what it says when it fails, what it logs."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from features.errors import DataError
from recommender.event_log import event_log
from recommender.plans import plan_worker
from recommender.plans.plan_worker import NAME, PlanWorker
from recommender.plans.run_plan import PlanQuestion
from recommender.served_version import ServedVersion

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
    monkeypatch.setattr(plan_worker, "id_of", lambda planner, question: result._current)
    return result


def _answers(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., None]) -> list[Any]:
    planners: list[Any] = []

    def run(planner: Any, question: PlanQuestion, folder: Path, **hooks: Any) -> None:
        planners.append(planner)
        answer(folder, **hooks)

    monkeypatch.setattr(plan_worker, "run_plan", run)
    return planners


def test_all_questions_are_answered_and_the_planner_is_kept(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []

    def answer(folder: Path, stopped: Callable[[], bool], progress: Callable[[str, float], None]) -> None:
        progress("求解 / Solving", 0.25)
        shares.append(worker.store.status(folder.name).share)
        assert worker.store.status(folder.name).state == "running" and not stopped()

    planners = _answers(monkeypatch, answer)
    for plan_id in (ID, OTHER):
        worker.store.put(plan_id, question(), FIRST)
    worker.run(0.01)
    assert shares == [0.25, 0.25]
    assert planners[0] is planners[1]
    assert [worker.store.job(plan_id).state for plan_id in (ID, OTHER)] == ["done", "done"]
    (worker.root / "tables").write_text("second")
    worker.store.put(ID, question(), replace(FIRST, tables="second"))
    worker.run(0.01)
    assert planners[2] is not planners[0]


def test_a_request_to_stop_reaches_the_solver(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def answer(folder: Path, stopped: Callable[[], bool], progress: Any) -> None:
        worker.store.request_stop(folder.name)
        seen.append(stopped())

    _answers(monkeypatch, answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert seen == [True]


def test_a_fault_is_logged_without_its_message_and_told_in_both_languages(
    worker: PlanWorker, question: Question, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise ValueError("李示例 scored 0.42")

    _answers(monkeypatch, answer)
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
    worker: PlanWorker, question: Question, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise DataError("planning.unknown_teacher", unit_id="T77")

    _answers(monkeypatch, answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status = worker.store.status(ID)
    assert status.state == "failed" and "T77" in status.message.zh and "T77" in status.message.en
    assert status.message.zh != status.message.en
    (line,) = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["event"], line["code"]) == ("plan_failed", "planning.unknown_teacher")
    assert "T77" not in log.getvalue()


def test_one_worker_a_workspace_and_one_process_a_plan(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    planners = _answers(monkeypatch, lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    with worker.store.lock(NAME):
        worker.run(0.01)
    with worker.store.lock(ID):
        worker.answer(ID)
    assert planners == [] and worker.store.status(ID).state == "queued"


def test_after_a_requeue_nothing_is_written(worker: PlanWorker, question: Question) -> None:
    worker.store.put(ID, question(), FIRST)
    worker._current = ID
    worker.store.update(ID, state="running")
    worker.requeue()
    assert worker.store.status(ID).state == "queued"
    assert not worker._writing.acquire(blocking=False)


def test_nothing_is_worked_out_for_another_version_than_was_asked(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    planners = _answers(monkeypatch, lambda folder, **hooks: None)
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


def test_a_damaged_question_does_not_keep_the_others_waiting(
    worker: PlanWorker, question: Question, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        if folder.name == ID:
            (worker.store.jobs / f"{ID}.json").write_text("{")

    _answers(monkeypatch, answer)
    for plan_id in (ID, OTHER):
        worker.store.put(plan_id, question(), FIRST)
    (worker.store.jobs / "P0000000000cc.json").write_text("[")
    worker.run(0.01)
    assert [worker.store.status(plan_id).state for plan_id in (ID, "P0000000000cc")] == ["damaged", "damaged"]
    assert worker.store.job(OTHER).state == "done"
    assert "plan_passed_over" in log.getvalue()


def test_after_its_time_the_best_plan_so_far_is_taken_and_then_it_is_given_up(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
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

    _answers(monkeypatch, answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    assert seen == [True, "expired"] and codes == [plan_worker.GIVEN_UP]


def test_memory_that_is_not_there_is_said_in_words(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(folder: Path, **hooks: Any) -> None:
        raise MemoryError

    _answers(monkeypatch, answer)
    worker.store.put(ID, question(), FIRST)
    worker.run(0.01)
    status = worker.store.status(ID)
    assert status.state == "failed" and "内存" in status.message.zh and "memory" in status.message.en


def test_a_question_that_two_processes_died_of_is_given_up(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    planners = _answers(monkeypatch, lambda folder, **hooks: None)
    for plan_id, attempts in ((ID, 1), (OTHER, 2)):
        worker.store.put(plan_id, question(), FIRST)
        worker.store.update(plan_id, state="running", attempts=attempts)
    worker.run(0.01)
    assert worker.store.job(ID).state == "done" and len(planners) == 1
    status = worker.store.status(OTHER)
    assert status.state == "failed" and "2" in status.message.en


def test_a_question_that_was_stopped_before_it_began_is_not_worked_out(
    worker: PlanWorker, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    planners = _answers(monkeypatch, lambda folder, **hooks: None)
    worker.store.put(ID, question(), FIRST)
    worker.store.request_stop(ID)
    worker.answer(ID)
    assert worker.store.status(ID).state == "stopped" and planners == []
