"""States of a plan, whoever reads them, on both databases."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import ReadError, UnknownIdError, UsageError
from features.messages import BilingualText
from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_files import write_plan
from recommender.plans.plan_queue import LeaseLostError
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_tables import record_of
from recommender.plans.run_plan import PlanQuestion
from recommender.records.planning_tables import LOTTERY_DRAWS, PLAN_JOBS, PLANS
from recommender.records.record_store import RecordStore

ID, OTHER = "P0000000000aa", "P0000000000bb"
Question = Callable[..., PlanQuestion]
Written = Callable[..., Path]


def _finish(store: PlanStore, written: Written, plan_id: str = ID, name: str = "few") -> None:
    """What a worker does with the next question."""
    job = store.queue.claim("w")
    assert job is not None and job.plan_id == plan_id
    store.publish(job, "w", written(store.attempt_folder(job), name))


def test_a_question_is_queued_once_and_comes_back_parsed(store: PlanStore, question: Question) -> None:
    queued = question(1000.0, max_courses_per_teacher=2, pin=[["T1", "K1"]])
    assert store.put(ID, queued) and not store.put(ID, queued)
    assert store.job(ID).question == queued
    status = store.status(ID)
    assert (status.state, status.district_id, status.budget) == ("queued", "D1", 1000.0)
    assert status.limits == {"max_courses_per_teacher": 2, "pin": [["T1", "K1"]]}
    assert status.summary is None and status.tables is None and status.message == ("", "")


def test_the_newest_is_listed_first_and_only_where_it_belongs(store: PlanStore, question: Question) -> None:
    for plan_id in (ID, OTHER):
        store.put(plan_id, question())
    assert store.queue.waiting() == [ID, OTHER]
    assert [status.plan_id for status in store.of_district("D1")] == [OTHER, ID]
    assert store.of_district("D2") == ()


def test_a_plan_is_done_when_its_files_and_its_row_are_there(
    store: PlanStore, records: RecordStore, question: Question, written: Written, reports: dict[str, PlanReport]
) -> None:
    store.put(ID, question(), asker="a")
    job = store.queue.claim("w")
    assert job is not None
    attempt = written(store.attempt_folder(job), "plan")
    assert store.status(ID).state == "running" and not (store.folder / ID).exists()
    store.publish(job, "w", attempt)
    assert store.queue.waiting() == [] and not store.put(ID, question())
    status = store.status(ID, tables=True)
    assert status.state == "done" and status.district_id == "D" and not attempt.parent.exists()
    assert status.summary is not None and status.tables is not None
    assert status.summary.seats == sum(line.seats for line in status.tables.lines)
    assert status.tables.assignments == () and status.tables.lottery == ()
    assert store.workbook(ID).read_bytes()[:2] == b"PK"
    with records.reading() as connection:
        row = connection.execute(sa.select(PLANS)).one()
        draw = connection.execute(sa.select(LOTTERY_DRAWS)).one()
    assert (row.job_id, row.actor, row.seats, row.inputs_digest) == (job.job_id, "a", status.summary.seats, job.inputs.digest())
    lottery = reports["plan"].lottery
    assert (draw.seed, draw.commitment, draw.actor) == (status.summary.seed, job.inputs.digest(), "a")
    assert (draw.participants, draw.seats) == (len({one[0] for one in lottery}), sum(one[-1] for one in lottery))


def test_a_worker_that_lost_its_lease_puts_no_plan_in_its_place(
    store: PlanStore, records: RecordStore, question: Question, written: Written
) -> None:
    store.put(ID, question())
    first = store.queue.claim("one")
    assert first is not None
    attempt = written(store.attempt_folder(first).parent / "kept" / ID)
    with records.writing() as connection:
        connection.execute(sa.update(PLAN_JOBS).values(leased_until=datetime.now(UTC) - timedelta(hours=1)))
    second = store.queue.claim("two")
    assert second is not None
    with pytest.raises(LeaseLostError):
        store.publish(first, "one", attempt)
    assert not (store.folder / ID).exists() and store.status(ID).state == "running"
    store.publish(second, "two", written(store.attempt_folder(second)))
    before = store.status(ID)
    with pytest.raises(LeaseLostError):
        store.publish(first, "one", written(store.folder / "attempt" / ID))
    assert store.status(ID) == before and before.state == "done"


def test_a_plan_whose_row_could_not_be_written_gets_it_when_it_is_published_again(
    store: PlanStore, question: Question, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(ID, question())
    job = store.queue.claim("w")
    assert job is not None
    attempt = written(store.attempt_folder(job))
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("recommender.plans.finished_plans._save", lambda *values: 1 / 0)
        store.publish(job, "w", attempt)
    assert (store.folder / ID).exists() and store.status(ID).state == "running"
    store.publish(job, "w", attempt)
    assert store.status(ID).state == "done"


def test_a_plan_of_an_earlier_version_is_read_from_its_csv_files(store: PlanStore, reports: dict[str, PlanReport]) -> None:
    for name, report in reports.items():
        folder = store.folder / f"P{len(name):012x}"
        write_plan(folder, record_of(report), {})
        tables = store.status(folder.name, tables=True).tables
        (folder / "plan.json").unlink()
        (folder / "origin.json").write_text('{"made_up": true}')
        store.finished.register(folder.name)
        assert store.status(folder.name, tables=True).tables == tables


def test_a_folder_that_came_from_elsewhere_gets_its_row_when_somebody_looks(store: PlanStore, written: Written) -> None:
    assert store.of_district("D") == ()
    written(store.folder / ID)
    assert [status.plan_id for status in store.of_district("D")] == [ID]
    written(store.folder / OTHER)
    assert store.status(OTHER).state == "done" and store.workbook(OTHER).is_file()


@pytest.mark.parametrize("plan_id", ["P0000000000ee", "../P0000000000aa", "", "T1"])
def test_unknown_ids(plan_id: str, store: PlanStore) -> None:
    for method in (store.status, store.request_stop, store.workbook, store.job):
        with pytest.raises(UnknownIdError):
            method(plan_id)


def test_a_plan_whose_files_are_damaged_is_worked_out_again(
    store: PlanStore, question: Question, written: Written
) -> None:
    store.put(ID, question())
    _finish(store, written)
    (store.folder / ID / "seats.csv").write_text("C1,S1,many")
    assert store.status(ID).state == store.of_district("D1")[0].state == "damaged" and store.status(ID).message.zh
    assert store.put(ID, question()) and store.status(ID).state == "queued"
    job = store.queue.claim("w")
    assert job is not None
    store.queue.end(job.job_id, "w", "failed", BilingualText("没有", "none"))
    assert (store.status(ID).state, store.status(ID).message.en) == ("failed", "none")
    store.put(ID, question())
    _finish(store, written)
    assert store.status(ID).state == "done"


def test_files_that_agree_with_each_other_and_not_with_the_row_are_damaged(
    store: PlanStore, question: Question, written: Written
) -> None:
    store.put(ID, question())
    _finish(store, written)
    shutil.rmtree(store.folder / ID)
    written(store.folder / ID, "plan")
    assert store.status(ID).state == "damaged"


def test_a_request_to_stop_lasts_until_the_question_is_asked_again(store: PlanStore, question: Question) -> None:
    store.put(ID, question())
    store.request_stop(ID)
    assert store.status(ID).state == "stopped" and store.queue.claim("w") is None
    store.put(ID, question())
    assert store.status(ID).state == "queued"


def _damage(folder: Path, rng: random.Random) -> str:
    """Cuts, changes, empties or removes one file of a plan; returns its name."""
    path = rng.choice(sorted(folder.iterdir()))
    content = bytearray(path.read_bytes())
    match rng.randrange(5):
        case 0:
            path.write_bytes(content[: rng.randrange(len(content))])
        case 1:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            path.write_bytes(content)
        case 2:
            path.unlink()
        case 3:
            path.write_bytes(b"[" * 5000)
        case _:
            path.unlink()
            path.mkdir()
    return path.name


@pytest.mark.slow
def test_whatever_happens_to_the_files_of_a_plan_it_is_damaged_and_the_others_are_not(
    store: PlanStore, question: Question, written: Written
) -> None:
    rng, names = random.Random(7), set()
    written(store.folder / OTHER, "plan")
    written(store.folder / ID)
    store.of_district("D")
    for _ in range(120):
        shutil.rmtree(store.folder / ID, ignore_errors=True)
        written(store.folder / ID)
        assert store.status(ID, tables=True).state == "done"
        name = _damage(store.folder / ID, rng)
        status = store.status(ID, tables=True)
        assert (status.state, status.district_id, status.tables) == ("damaged", "D", None), name
        with pytest.raises((ReadError, UnknownIdError)):
            store.workbook(ID)
        assert [s.state for s in store.of_district("D")].count("done") == 1
        names.add(name)
    assert len(names) > 8
    assert store.put(ID, question()) and store.status(ID).state == "queued"


def test_what_would_not_be_read_back_is_not_queued(store: PlanStore, question: Question) -> None:
    for name in ("\ud800", "x" * 1000, "\x00"):
        with pytest.raises(UsageError):
            store.put(ID, question(floor=[{"name": name, "share": 0.1, "stage": ["primary"]}]))
    with pytest.raises(UsageError):
        store.put(ID, question(max_courses_per_teacher=10**400))
    assert store.queue.waiting() == []
