"""States of a question on disk, whoever reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import ReadError, UnknownIdError
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import record_of
from recommender.plans.run_plan import PlanQuestion

ID, OTHER = "P0000000000aa", "P0000000000bb"
Question = Callable[..., PlanQuestion]


def test_a_question_is_queued_once_and_comes_back_parsed(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    queued = question(1000.0, max_courses_per_teacher=2, pin=[["T1", "K1"]])
    assert store.put(ID, queued) and not store.put(ID, queued)
    assert store.question(ID) == queued
    status = store.status(ID)
    assert (status.state, status.district_id, status.budget) == ("queued", "D1", 1000.0)
    assert status.limits == {"max_courses_per_teacher": 2, "pin": [["T1", "K1"]]}
    assert status.summary is None and status.tables is None and status.message == ("", "")


def test_the_oldest_question_waits_first(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    for plan_id, requested_at in ((ID, "2026-02-01"), (OTHER, "2026-01-01")):
        store.put(plan_id, question())
        store.update(plan_id, asked=requested_at)
    assert store.queued() == [OTHER, ID]
    assert [status.plan_id for status in store.of_district("D1")] == [ID, OTHER]
    assert store.of_district("D2") == ()


def test_running_without_a_lock_is_interrupted_and_may_be_asked_again(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    store.put(ID, question())
    store.update(ID, state="running", share=0.5)
    with store.lock(ID) as free:
        assert free and PlanStore(tmp_path).status(ID).state == "running"
        with PlanStore(tmp_path).lock(ID) as second:
            assert not second
    assert store.status(ID).state == "interrupted"
    assert store.put(ID, question()) and store.status(ID).share == 0.0


def test_a_request_to_stop_lasts_until_the_question_is_asked_again(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    store.put(ID, question())
    assert not store.stop_requested(ID)
    store.request_stop(ID)
    assert store.stop_requested(ID)
    store.update(ID, state="failed", message={"zh": "没有", "en": "none"})
    assert store.status(ID).message == ("没有", "none")
    store.put(ID, question())
    assert not store.stop_requested(ID)


def test_a_finished_plan_is_read_from_its_folder(
    tmp_path: Path, question: Question, reports: dict[str, PlanReport]
) -> None:
    store = PlanStore(tmp_path)
    store.put(ID, question())
    write_plan(tmp_path / ID, record_of(reports["plan"]), {"made_up": True})
    assert store.queued() == [] and not store.put(ID, question())
    status = store.status(ID, tables=True)
    assert status.state == "done" and status.district_id == "D"
    assert status.summary is not None and status.tables is not None
    assert status.summary.seats == sum(line.seats for line in status.tables.lines)
    assert status.tables.assignments == () and status.tables.lottery == ()
    assert store.workbook(ID).read_bytes()[:2] == b"PK"


def test_a_plan_of_an_earlier_version_is_read_from_its_csv_files(
    tmp_path: Path, reports: dict[str, PlanReport]
) -> None:
    for name, report in reports.items():
        folder = tmp_path / f"P{len(name):012x}"
        write_plan(folder, record_of(report), {})
        tables = PlanStore(tmp_path).status(folder.name, tables=True).tables
        (folder / "plan.json").unlink()
        assert PlanStore(tmp_path).status(folder.name, tables=True).tables == tables


@pytest.mark.parametrize("plan_id", ["P0000000000ee", "../P0000000000aa", "", "T1"])
def test_unknown_ids(plan_id: str, tmp_path: Path) -> None:
    store = PlanStore(tmp_path)
    for method in (store.status, store.request_stop, store.workbook, store.question):
        with pytest.raises(UnknownIdError):
            method(plan_id)


def test_a_damaged_job_says_which_file(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    store.put(ID, question())
    path = store.jobs / f"{ID}.json"
    for content in ("{", json.dumps([1])):
        path.write_text(content)
        with pytest.raises(ReadError, match=ID):
            store.status(ID)
