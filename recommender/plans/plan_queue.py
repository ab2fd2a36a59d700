"""The queue of questions in the records: queued within quotas, leased by one worker at a time, ended once.

A worker has a job as long as it renews its lease. Whoever finds a lease that has run out may take the job over; from
then on nothing that the former worker writes has any effect, and it ends (`recommender.plans.job_lease`).
On PostgreSQL a job is taken with SELECT ... FOR UPDATE SKIP LOCKED; SQLite has one writer at a time (BEGIN IMMEDIATE).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from features.errors import BusyError, RecommenderError
from features.messages import BilingualText, message
from recommender.plans.plan_jobs import Job, PlanInputs, PlanState, text_as_json
from recommender.records.planning_tables import ACTIVE, PLAN_JOBS
from recommender.records.record_store import RecordStore
from recommender.text.catalogues import in_both

LEASE = 15.0  # seconds without a sign of life after which a worker counts as dead
ATTEMPTS: Final = 2  # processes that may die of one question
RETRY: Final = 30  # seconds
QUEUE_LOCK: Final = 4_251_908  # PostgreSQL: one question at a time is counted and queued


class LeaseLostError(RecommenderError):
    """The job is no longer this worker's."""


@dataclass(frozen=True)
class Quota:
    """How many questions may wait or be worked on at once: of one person, and of all."""

    person: int
    all: int


class JobQueue:
    """Jobs in the records of a workspace; safe for many threads and processes."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records

    def put(self, plan_id: str, org_id: str, inputs: PlanInputs, asker: str = "", quota: Quota | None = None) -> bool:
        """Queues a question; False where it waits or is worked on already. Raises BusyError over the quota."""
        with self._records.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(QUEUE_LOCK)))
            active = connection.execute(sa.select(PLAN_JOBS.c.plan_id, PLAN_JOBS.c.actor).where(_active())).all()
            if plan_id in {row.plan_id for row in active}:
                return False
            if quota is not None:
                _check_quota([row.actor for row in active], asker, quota)
            connection.execute(
                sa.insert(PLAN_JOBS).values(
                    plan_id=plan_id, org_id=org_id, inputs=inputs.as_json(), actor=asker, at=self._records.now(),
                    state="queued", what="", share=0.0, error="", stop=False, attempts=0, worker="",
                )
            )  # fmt: skip
        return True

    def claim(self, worker: str, without: Collection[str] = ()) -> Job | None:
        """The next question, leased to this worker; None where none waits. without: plans to pass over.

        A queued question that is to be stopped ends. Districts take turns (`_in_turn`).
        """
        with self._records.writing() as connection:
            now = clock(connection, self._records)
            for job_id in _in_turn(connection, now):
                due = sa.select(PLAN_JOBS).where(PLAN_JOBS.c.id == job_id, _due(now), PLAN_JOBS.c.attempts < ATTEMPTS)
                row = connection.execute(due.with_for_update(skip_locked=True)).one_or_none()
                if row is None or row.plan_id in without:
                    continue
                if row.stop:
                    _set(connection, row.id, state="stopped", finished_at=now)
                    continue
                until, attempts = now + timedelta(seconds=LEASE), row.attempts + 1
                _set(connection, row.id, state="running", what="", share=0.0, worker=worker, leased_until=until,
                     started_at=now, attempts=attempts)  # fmt: skip
                return Job.of(connection.execute(sa.select(PLAN_JOBS).where(PLAN_JOBS.c.id == job_id)).one())
        return None

    def give_up(self) -> list[Job]:
        """Ends questions that too many processes died of; returns them."""
        with self._records.writing() as connection:
            now = clock(connection, self._records)
            dead = sa.select(PLAN_JOBS).where(_expired(now), PLAN_JOBS.c.attempts >= ATTEMPTS)
            rows = connection.execute(dead.with_for_update(skip_locked=True)).all()
            for row in rows:
                text = in_both(message("plans.worker_died", n=row.attempts))
                _set(connection, row.id, state="failed", error=text_as_json(text), finished_at=now, worker="")
        return [Job.of(row) for row in rows]

    def renew(self, job_id: int, worker: str, **progress: Any) -> None:
        """A sign of life, with `what` and `share` where they changed. Raises LeaseLostError."""
        with self._records.writing() as connection:
            now = clock(connection, self._records)
            self.change_own(connection, job_id, worker, leased_until=now + timedelta(seconds=LEASE), **progress)

    def end(self, job_id: int, worker: str, state: PlanState, text: BilingualText) -> None:
        """Ends a question without a plan. Raises LeaseLostError."""
        with self._records.writing() as connection:
            now = clock(connection, self._records)
            self.change_own(
                connection, job_id, worker, state=state, error=text_as_json(text), what="", finished_at=now, worker=""
            )

    def requeue(self, job_id: int, worker: str) -> None:
        """Back into the queue: nothing is wrong with the question. Raises LeaseLostError."""
        with self._records.writing() as connection:
            fewer = PLAN_JOBS.c.attempts - 1
            self.change_own(connection, job_id, worker, state="queued", what="", share=0.0, attempts=fewer, worker="")

    def change_own(self, connection: sa.Connection, job_id: int, worker: str, /, **changes: Any) -> None:
        """Changes a job in a transaction that writes. Raises LeaseLostError where it is not this worker's.

        With a clock that was put back or a database that was away, a lease that has run out and was not taken still
        holds.
        """
        own = sa.and_(PLAN_JOBS.c.id == job_id, PLAN_JOBS.c.state == "running", PLAN_JOBS.c.worker == worker)
        if connection.execute(sa.update(PLAN_JOBS).where(own).values(changes)).rowcount != 1:
            raise LeaseLostError("plans.lease_lost")

    def request_stop(self, plan_id: str) -> bool:
        """Requests the best plan so far of whoever works on it; a question that waits leaves the queue. False for none."""
        with self._records.writing() as connection:
            active = sa.select(PLAN_JOBS.c.id, PLAN_JOBS.c.state).where(PLAN_JOBS.c.plan_id == plan_id, _active())
            row = connection.execute(active.with_for_update()).one_or_none()
            if row is not None and row.state == "queued":
                _set(connection, row.id, stop=True, state="stopped", finished_at=clock(connection, self._records))
            elif row is not None:
                _set(connection, row.id, stop=True)
        return row is not None

    def stop_requested(self, job_id: int) -> bool:
        """Whether the best plan so far is wanted."""
        with self._records.reading() as connection:
            return bool(connection.execute(sa.select(PLAN_JOBS.c.stop).where(PLAN_JOBS.c.id == job_id)).scalar())

    def newest(self, plan_ids: Collection[str] | None = None, org_id: str | None = None) -> dict[str, Job]:
        """Plan -> its newest job; of these plans, or of an organization."""
        with self._records.reading() as connection:
            latest = sa.select(sa.func.max(PLAN_JOBS.c.id)).group_by(PLAN_JOBS.c.plan_id)
            if plan_ids is not None:
                latest = latest.where(PLAN_JOBS.c.plan_id.in_(list(plan_ids)))
            if org_id is not None:
                latest = latest.where(PLAN_JOBS.c.org_id == org_id)
            dead = _expired(clock(connection, self._records)).label("dead")
            rows = connection.execute(sa.select(PLAN_JOBS, dead).where(PLAN_JOBS.c.id.in_(latest))).all()
        return {row.plan_id: Job.of(row, bool(row.dead)) for row in rows}

    def begin_again(self) -> None:
        """Takes every job back from its worker, which ends: what it works out must not become a plan."""
        with self._records.writing() as connection:
            running = sa.update(PLAN_JOBS).where(PLAN_JOBS.c.state == "running")
            fewer = PLAN_JOBS.c.attempts - 1
            connection.execute(running.values(state="queued", what="", share=0.0, attempts=fewer, worker=""))

    def forget(self, named: Callable[[str], bool]) -> None:
        """Deletes questions by their inputs, JSON."""
        with self._records.writing() as connection:
            rows = connection.execute(sa.select(PLAN_JOBS.c.id, PLAN_JOBS.c.inputs)).all()
            gone = [row.id for row in rows if named(row.inputs)]
            connection.execute(sa.delete(PLAN_JOBS).where(PLAN_JOBS.c.id.in_(gone)))

    def active_jobs(self) -> set[int]:
        """Jobs that wait or are worked on."""
        with self._records.reading() as connection:
            return set(connection.execute(sa.select(PLAN_JOBS.c.id).where(_active())).scalars())

    def waiting(self) -> list[str]:
        """Plans that wait for a worker, in their order; those whose worker died among them."""
        with self._records.reading() as connection:
            order = _in_turn(connection, clock(connection, self._records))
            rows = connection.execute(sa.select(PLAN_JOBS.c.id, PLAN_JOBS.c.plan_id).where(PLAN_JOBS.c.id.in_(order)))
            plan_of = {row.id: row.plan_id for row in rows}
        return [plan_of[job_id] for job_id in order]


def clock(connection: sa.Connection, records: RecordStore) -> datetime:
    """The time by which leases go: the server's, so that workers on several machines agree."""
    if connection.dialect.name != "postgresql":
        return records.now()
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def _active() -> sa.ColumnElement[bool]:
    return PLAN_JOBS.c.state.in_(ACTIVE)


def _expired(now: datetime) -> sa.ColumnElement[bool]:
    """Without a sign of life for LEASE seconds. A lease far ahead is of a clock that was put back since."""
    until, ahead = PLAN_JOBS.c.leased_until, now + timedelta(seconds=2 * LEASE)
    return sa.and_(PLAN_JOBS.c.state == "running", sa.or_(until < now, until > ahead))


def _due(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(PLAN_JOBS.c.state == "queued", _expired(now))


def _set(connection: sa.Connection, job_id: int, **changes: Any) -> None:
    connection.execute(sa.update(PLAN_JOBS).where(PLAN_JOBS.c.id == job_id).values(changes))


def _check_quota(askers: list[str], asker: str, quota: Quota) -> None:
    if len(askers) >= quota.all:
        raise BusyError("plans.queue_full", RETRY, n=len(askers))
    own = askers.count(asker)
    if own >= quota.person:
        raise BusyError("plans.too_many_own", RETRY, n=own)


def _in_turn(connection: sa.Connection, now: datetime) -> list[int]:
    """Jobs that are due: districts take turns, the one that waited longest since its last turn first; within a district
    the oldest question."""
    columns = PLAN_JOBS.c.id, PLAN_JOBS.c.org_id, PLAN_JOBS.c.at
    due = connection.execute(sa.select(*columns).where(_due(now)).order_by(PLAN_JOBS.c.at, PLAN_JOBS.c.id)).all()
    if not due:
        return []
    orgs = sorted({row.org_id for row in due})
    turns = sa.select(PLAN_JOBS.c.org_id, sa.func.max(PLAN_JOBS.c.started_at).label("turn"))
    turns = turns.where(PLAN_JOBS.c.org_id.in_(orgs), PLAN_JOBS.c.started_at.is_not(None)).group_by(PLAN_JOBS.c.org_id)
    last_turn = {row.org_id: row.turn.isoformat() for row in connection.execute(turns)}
    before: dict[str, int] = defaultdict(int)
    order: list[tuple[int, str, datetime, int]] = []
    for row in due:
        order.append((before[row.org_id], last_turn.get(row.org_id, ""), row.at, row.id))
        before[row.org_id] += 1
    return [job_id for *_, job_id in sorted(order)]
