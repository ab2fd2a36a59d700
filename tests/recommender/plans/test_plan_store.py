"""States of a question on disk, whoever reads them."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from features.errors import ReadError, UnknownIdError, UsageError
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
        store.update(plan_id, requested_at=requested_at)
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
        (folder / "origin.json").write_text('{"made_up": true}')
        assert PlanStore(tmp_path).status(folder.name, tables=True).tables == tables


@pytest.mark.parametrize("plan_id", ["P0000000000ee", "../P0000000000aa", "", "T1"])
def test_unknown_ids(plan_id: str, tmp_path: Path) -> None:
    store = PlanStore(tmp_path)
    for method in (store.status, store.request_stop, store.workbook, store.question):
        with pytest.raises(UnknownIdError):
            method(plan_id)


@pytest.mark.parametrize("content", ["{", "[1]", "", "{}", '{"plan_id": "P0000000000aa", "limits": {"floor": 1}}', "\x00"])
def test_a_damaged_job_is_named_and_the_others_are_shown(content: str, tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    for plan_id in (ID, OTHER):
        store.put(plan_id, question())
    (store.jobs / f"{ID}.json").write_text(content)
    status = store.status(ID, tables=True)
    assert (status.state, status.district_id, status.summary) == ("damaged", "D1", None) and status.message.zh
    assert {s.plan_id: s.state for s in store.of_district("D1")} == {ID: "damaged", OTHER: "queued"}
    assert store.queued() == [OTHER]
    assert store.put(ID, question()) and store.status(ID).state == "queued"


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
    tmp_path: Path, question: Question, reports: dict[str, PlanReport]
) -> None:
    rng, store, names = random.Random(7), PlanStore(tmp_path), set()
    write_plan(tmp_path / OTHER, record_of(reports["plan"]), {})
    for _ in range(50):
        shutil.rmtree(tmp_path / ID, ignore_errors=True)
        write_plan(tmp_path / ID, record_of(reports["few"]), {})
        assert store.status(ID, tables=True).state == "done"
        name = _damage(tmp_path / ID, rng)
        if name == "origin.json" and not (tmp_path / ID / name).exists():
            continue  # as a plan of an earlier version
        status = store.status(ID, tables=True)
        assert (status.state, status.district_id, status.tables) == ("damaged", "D", None), name
        with pytest.raises((ReadError, UnknownIdError)):
            store.workbook(ID)
        assert [s.state for s in store.of_district("D")].count("done") == 1
        names.add(name)
    assert len(names) > 8
    assert store.put(ID, question()) and store.status(ID).state == "queued"


def test_districts_take_turns(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    ids = [f"P{i:012x}" for i in range(8)]
    districts = ["A", "A", "A", "A", "A", "B", "B", "C"]
    for i, (plan_id, district) in enumerate(zip(ids, districts, strict=True)):
        store.put(plan_id, replace(question(), district_id=district))
        store.update(plan_id, requested_at=f"2026-01-{i + 1:02d}")
    turns = []
    while queued := store.queued():
        store.update(queued[0], state="done", started=f"2026-02-{len(turns) + 1:02d}")
        turns.append(districts[ids.index(queued[0])])
    assert turns == ["A", "B", "C", "A", "B", "A", "A", "A"]


def test_what_would_not_be_read_back_is_not_queued(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    for name in ("\ud800", "x" * 1000, "\x00"):
        with pytest.raises(UsageError):
            store.put(ID, question(floor=[{"name": name, "share": 0.1, "stage": ["primary"]}]))
    with pytest.raises(UsageError):
        store.put(ID, question(max_courses_per_teacher=10**400))
    assert store.queued() == [] and not list(store.jobs.glob("P*"))


def test_a_message_stays_as_it_is_through_many_updates(tmp_path: Path, question: Question) -> None:
    store = PlanStore(tmp_path)
    store.put(ID, question())
    size = (store.jobs / f"{ID}.json").stat().st_size
    for i in range(30):
        store.update(ID, share=i / 30)
    assert store.status(ID).message == ("", "") and (store.jobs / f"{ID}.json").stat().st_size < size + 100
    store.update(ID, message={"zh": "没有", "en": "none"})
    store.update(ID, share=1.0)
    assert store.status(ID).message == ("没有", "none")
