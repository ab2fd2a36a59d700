"""A workspace of an earlier version keeps its questions, its plans and who adopted them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recommender.planning.problem.limits import Limits
from recommender.plans.plan_file_import import import_files
from recommender.plans.plan_store import PlanStore
from recommender.plans.run_plan import PlanQuestion
from recommender.records.database import database_url
from recommender.records.planning_tables import PLANS
from recommender.records.record_store import RecordStore
from recommender.records.store_check import verify

QUEUED, RUNNING, FAILED, DONE, LATER, LONE, DAMAGED, STOPPED = (f"P{n:012x}" for n in range(8))
Written = Callable[..., Path]


def _question(jobs: Path, plan_id: str, state: str, **more: Any) -> None:
    """As version 0 wrote it."""
    content = {
        "plan_id": plan_id, "district_id": "D", "budget": 1000.0, "limits": {"max_courses_per_teacher": 2}, "seed": 3,
        "draws": 5, "choices": "c", "state": state, "what": "", "share": 0.0, "message": {"zh": "", "en": ""},
        "requested_at": "2026-05-01T08:00:00.250+00:00", "started": "", "attempts": 0, "asker": "a", "tables": "x",
        "as_of": "2026-04-30", "today": "2026-05-01", "model_version": "v1",
    }  # fmt: skip
    (jobs / f"{plan_id}.json").write_text(json.dumps(content | more), "utf-8")
    (jobs / f"{plan_id}.district").write_text("D", "utf-8")


@pytest.fixture
def earlier(tmp_path: Path, written: Written) -> Path:
    """WORKSPACE/plans as an earlier version left it."""
    jobs = tmp_path / "plans" / ".jobs"
    jobs.mkdir(parents=True)
    _question(jobs, QUEUED, "queued")
    _question(jobs, RUNNING, "running", attempts=2, started="2026-05-01T09:00:00+00:00")
    _question(jobs, FAILED, "failed", message={"zh": "没有", "en": "none"})
    _question(jobs, STOPPED, "queued")
    (jobs / f"{STOPPED}.stop").touch()
    for plan_id, at in ((DONE, "2026-05-02T08:00:00+00:00"), (LATER, "2026-05-03T08:00:00+00:00")):
        _question(jobs, plan_id, "done", share=1.0)
        (jobs / f"{plan_id}.adopted.json").write_text(json.dumps({"by": f"b of {plan_id}", "at": at}))
        written(tmp_path / "plans" / plan_id, "plan")
    written(tmp_path / "plans" / LONE)
    (jobs / f"{DAMAGED}.json").write_text("{")
    (jobs / f"{DAMAGED}.district").write_text("D")
    (jobs / f"{DONE}.lock").touch()
    return tmp_path / "plans"


def test_all_of_it_is_there_afterwards(earlier: Path, store: PlanStore, records: RecordStore) -> None:
    before = {path.name: path.read_bytes() for path in (earlier / ".jobs").glob("P*[!k]")}
    assert (earlier / ".jobs" / f"{DONE}.lock").exists()
    statuses = {status.plan_id: status for status in store.of_district("D")}
    assert {plan_id: status.state for plan_id, status in statuses.items()} == {
        QUEUED: "queued", RUNNING: "queued", FAILED: "failed", DONE: "done", LATER: "done", LONE: "done",
        DAMAGED: "failed", STOPPED: "stopped",
    }  # fmt: skip
    job = store.job(QUEUED)
    assert job.question == PlanQuestion(
        "D", 1000.0, Limits.of({"max_courses_per_teacher": 2}), 3, 5, "c", job.question.today
    ) and job.version is not None and job.version.model_version == "v1" and job.asker == "a"  # fmt: skip
    assert statuses[QUEUED].requested_at == "2026-05-01T08:00:00.250+00:00"
    assert store.job(RUNNING).attempts == 1 and statuses[FAILED].message == ("没有", "none")
    assert "damaged" in statuses[DAMAGED].message.en
    history = store.status(DONE).history
    assert [(one.version, one.plan_id, one.by, one.at[:10]) for one in history] == [
        (2, LATER, f"b of {LATER}", "2026-05-03"), (1, DONE, f"b of {DONE}", "2026-05-02"),
    ]  # fmt: skip
    assert (statuses[LATER].adoption, statuses[DONE].adoption) == history
    kept = {path.name: path.read_bytes() for path in (earlier / ".jobs" / "imported").iterdir()}
    assert kept == before and not list((earlier / ".jobs").glob("P*"))
    with records.reading() as connection:
        row = connection.execute(sa.select(PLANS).where(PLANS.c.plan_id == DONE)).one()
    assert (row.job_id, row.actor) == (store.job(DONE).job_id, "a")
    assert verify(records) == []


def test_once_is_enough_also_after_a_kill_before_the_files_were_moved(
    earlier: Path, store: PlanStore, records: RecordStore, store_url: str, tmp_path: Path
) -> None:
    store.open()
    store.adoptions.withdraw("D", LATER, "c")
    before = store.of_district("D"), store.status(DONE).history
    for path in (earlier / ".jobs" / "imported").iterdir():
        path.rename(earlier / ".jobs" / path.name)
    assert import_files(earlier, records) > 0
    other = RecordStore(database_url(store_url, tmp_path))
    again = PlanStore(earlier, other)
    assert (again.of_district("D"), again.status(DONE).history) == before and import_files(earlier, records) == 0
    other.close()


def test_a_failure_half_way_reads_in_nothing_and_moves_nothing(
    earlier: Path, store: PlanStore, records: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in (earlier / ".jobs").iterdir())
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("recommender.plans.plan_file_import._import_adoptions", lambda *known: 1 / 0)
        store.open()
    assert [name for name in before if not (earlier / ".jobs" / name).exists()] == []
    assert len(store.of_district("D")) == 8
