"""A question is worked on by one worker at a time, whoever dies, and ends once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from features.errors import BusyError
from features.messages import BilingualText
from recommender.plans.plan_jobs import PlanInputs
from recommender.plans.plan_queue import JobQueue, LeaseLostError, Quota
from recommender.records.database import database_url
from recommender.records.planning_tables import PLAN_JOBS
from recommender.records.record_store import RecordStore

INPUTS = PlanInputs(1000.0, {"max_courses_per_teacher": 2}, choices="因为")


def plan_id(n: int) -> str:
    return f"P{n:012x}"


@pytest.fixture
def queue(records: RecordStore) -> JobQueue:
    return JobQueue(records.open())


def _put(queue: JobQueue, *numbers: int, org: str = "D1", asker: str = "a", quota: Quota | None = None) -> None:
    for n in numbers:
        assert queue.put(plan_id(n), org, INPUTS, asker, quota)


def _die(records: RecordStore, seconds: float = 3600.0) -> None:
    """All workers gave their last sign of life so long ago."""
    with records.writing() as connection:
        ago = datetime.now(UTC) - timedelta(seconds=seconds)
        connection.execute(sa.update(PLAN_JOBS).where(PLAN_JOBS.c.state == "running").values(leased_until=ago))


def _state(queue: JobQueue, n: int = 1) -> str:
    return queue.newest([plan_id(n)])[plan_id(n)].state


def test_a_question_comes_back_as_it_was_put_and_waits_once(queue: JobQueue) -> None:
    _put(queue, 1)
    assert not queue.put(plan_id(1), "D1", INPUTS)
    job = queue.claim("w")
    assert job is not None and (job.plan_id, job.district_id, job.inputs, job.asker) == (plan_id(1), "D1", INPUTS, "a")
    assert (job.state, job.attempts, queue.claim("w"), queue.waiting()) == ("running", 1, None, [])
    assert not queue.put(plan_id(1), "D1", INPUTS), "it is worked on"
    queue.end(job.job_id, "w", "failed", BilingualText("没有", "none"))
    assert queue.newest()[plan_id(1)].message == ("没有", "none")
    _put(queue, 1)
    assert (_state(queue), queue.newest()[plan_id(1)].message) == ("queued", ("", ""))


def test_the_table_itself_allows_one_active_job_a_plan(queue: JobQueue, records: RecordStore) -> None:
    _put(queue, 1)
    with records.reading() as connection:
        row = dict(connection.execute(sa.select(PLAN_JOBS)).mappings().one()) | {"id": 99}
    with pytest.raises(IntegrityError), records.writing() as connection:
        connection.execute(sa.insert(PLAN_JOBS).values(row))
    with records.writing() as connection:
        connection.execute(sa.insert(PLAN_JOBS).values(row | {"state": "failed"}))


def test_a_worker_without_a_sign_of_life_loses_its_job_and_nothing_it_writes_counts(
    queue: JobQueue, records: RecordStore
) -> None:
    _put(queue, 1)
    first = queue.claim("one")
    assert first is not None and queue.claim("two") is None
    _die(records)
    assert (_state(queue), queue.waiting()) == ("interrupted", [plan_id(1)])
    second = queue.claim("two")
    assert second is not None and (second.job_id, second.attempts, _state(queue)) == (first.job_id, 2, "running")
    for write in (
        lambda: queue.renew(first.job_id, "one", share=0.9), lambda: queue.requeue(first.job_id, "one"),
        lambda: queue.end(first.job_id, "one", "failed", BilingualText("", "")),
    ):  # fmt: skip
        with pytest.raises(LeaseLostError):
            write()
    queue.renew(second.job_id, "two", what="求解 / Solving", share=0.5)
    newest = queue.newest()[plan_id(1)]
    assert (newest.state, newest.what, newest.share) == ("running", "求解 / Solving", 0.5)


def test_a_sign_of_life_keeps_the_job_and_one_that_comes_late_too_while_nobody_took_it(
    queue: JobQueue, records: RecordStore
) -> None:
    _put(queue, 1)
    job = queue.claim("one")
    assert job is not None
    _die(records)
    queue.renew(job.job_id, "one")
    assert (_state(queue), queue.claim("two")) == ("running", None)


def test_a_clock_that_was_put_back_keeps_no_job_for_ever(queue: JobQueue, records: RecordStore) -> None:
    _put(queue, 1)
    assert queue.claim("one") is not None
    _die(records, seconds=-3600.0)  # its lease lasts another hour by the new clock
    assert _state(queue) == "interrupted" and queue.claim("two") is not None


def test_a_question_that_two_workers_died_of_is_given_up(queue: JobQueue, records: RecordStore) -> None:
    _put(queue, 1)
    for worker in ("one", "two"):
        assert queue.claim(worker) is not None and queue.give_up() == []
        _die(records)
    assert queue.claim("three") is None
    assert [job.plan_id for job in queue.give_up()] == [plan_id(1)]
    job = queue.newest()[plan_id(1)]
    assert job.state == "failed" and "2" in job.message.en and queue.give_up() == []


def test_a_requeued_question_costs_no_attempt(queue: JobQueue) -> None:
    _put(queue, 1)
    for _ in range(5):
        job = queue.claim("one")
        assert job is not None and job.attempts == 1
        queue.requeue(job.job_id, "one")
    assert _state(queue) == "queued"


def test_a_stop_takes_a_waiting_question_out_and_reaches_the_worker_of_another(queue: JobQueue) -> None:
    _put(queue, 1, 2)
    job = queue.claim("one")
    assert job is not None and not queue.stop_requested(job.job_id)
    assert queue.request_stop(plan_id(1)) and queue.request_stop(plan_id(2)) and not queue.request_stop(plan_id(3))
    assert (_state(queue, 1), _state(queue, 2)) == ("running", "stopped") and queue.stop_requested(job.job_id)
    queue.requeue(job.job_id, "one")
    assert queue.claim("two") is None and _state(queue, 1) == "stopped"
    _put(queue, 2)
    again = queue.claim("two")
    assert again is not None and not queue.stop_requested(again.job_id)


def test_districts_take_turns(queue: JobQueue) -> None:
    districts = "AAAAABBC"
    for n, district in enumerate(districts):
        _put(queue, n, org=district)
    assert queue.waiting()[:3] == [plan_id(0), plan_id(5), plan_id(7)]
    turns = []
    while (job := queue.claim("w")) is not None:
        queue.end(job.job_id, "w", "failed", BilingualText("", ""))
        turns.append(job.district_id)
    assert turns == ["A", "B", "C", "A", "B", "A", "A", "A"]


def test_what_one_worker_cannot_use_is_left_for_others(queue: JobQueue) -> None:
    _put(queue, 1, 2)
    job = queue.claim("w", {plan_id(1)})
    assert job is not None and job.plan_id == plan_id(2) and queue.waiting() == [plan_id(1)]


def test_one_person_and_all_together_may_queue_only_so_many(queue: JobQueue) -> None:
    quota = Quota(person=2, all=3)
    _put(queue, 1, 2, quota=quota)
    with pytest.raises(BusyError) as refused:
        _put(queue, 3, quota=quota)
    assert refused.value.retry_after > 0 and not queue.put(plan_id(1), "D1", INPUTS, "a", quota)
    _put(queue, 4, asker="b", quota=quota)
    with pytest.raises(BusyError):
        _put(queue, 5, asker="c", quota=quota)
    assert queue.claim("w") is not None
    with pytest.raises(BusyError):
        _put(queue, 5, asker="c", quota=quota)  # what is worked on counts


def test_of_many_that_put_at_once_no_more_than_the_quota_is_queued(store_url: str, tmp_path: Path) -> None:
    stores = [RecordStore(database_url(store_url, tmp_path)).open() for _ in range(3)]
    queues = [JobQueue(store) for store in stores]

    def put(n: int) -> bool:
        try:
            return queues[n % 3].put(plan_id(n % 20), "D1", INPUTS, "a", Quota(person=4, all=50))
        except BusyError:
            return False

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(put, range(40))) == 4
    assert len(queues[0].waiting()) == 4
    for store in stores:
        store.close()


def test_of_many_workers_at_once_each_question_is_taken_once(store_url: str, tmp_path: Path) -> None:
    """Workers die half-way (their lease is short) and others take over: each question ends once, by the last who had it."""
    stores = [RecordStore(database_url(store_url, tmp_path)).open() for _ in range(4)]
    for n in range(30):
        JobQueue(stores[0]).put(plan_id(n), f"D{n % 3}", INPUTS)
    start, taken, ended = threading.Barrier(4), list[int](), list[int]()

    def work(number: int) -> None:
        queue, worker = JobQueue(stores[number]), f"w{number}"
        start.wait()
        while queue.waiting():
            job = queue.claim(worker)
            if job is None:
                continue
            taken.append(job.job_id)
            queue.end(job.job_id, worker, "failed", BilingualText("", ""))
            ended.append(job.job_id)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert Counter(taken) == Counter(ended) == Counter(set(taken)) and len(taken) == 30
    for store in stores:
        store.close()


WORK = """
import sys
from pathlib import Path
from features.messages import BilingualText
from recommender.plans.plan_queue import JobQueue
from recommender.records.database import database_url
from recommender.records.record_store import RecordStore
url, worker = sys.argv[1:]
queue = JobQueue(RecordStore(database_url(url, Path("."))))
while queue.waiting():
    job = queue.claim(worker)
    if job is not None:
        print(job.plan_id, flush=True)
        queue.end(job.job_id, worker, "failed", BilingualText("", ""))
"""


@pytest.mark.slow
def test_processes_share_the_questions(store_url: str, tmp_path: Path) -> None:
    store = RecordStore(database_url(store_url, tmp_path)).open()
    queue = JobQueue(store)
    for n in range(40):
        queue.put(plan_id(n), "D1", INPUTS)
    workers = [
        subprocess.Popen([sys.executable, "-c", WORK, store_url, f"w{n}"], stdout=subprocess.PIPE, text=True) for n in range(2)
    ]
    lines = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert sorted(lines[0] + lines[1]) == [plan_id(n) for n in range(40)]
    store.close()
