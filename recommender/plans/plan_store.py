"""The plans of a workspace: questions and states in the records, results as files, adoptions.

WORKSPACE/plans/ID/          a finished plan, complete
WORKSPACE/plans/.jobs/       attempts that are being worked out, the lock of the worker of this machine
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from features.errors import ReadError, UnknownIdError, UsageError
from recommender.planning.problem.limits import Limits
from recommender.plans.adoption import Adoption, AdoptionRecords, standing_of
from recommender.plans.finished_plans import FinishedPlan, FinishedPlans
from recommender.plans.plain_values import check_plain
from recommender.plans.plan_file_import import import_files
from recommender.plans.plan_files import WITHOUT_NAMES, WORKBOOK, read_tables
from recommender.plans.plan_jobs import Job, PlanInputs
from recommender.plans.plan_queue import JobQueue, Quota
from recommender.plans.plan_record import PlanSummary
from recommender.plans.plan_status import WAITING, PlanStatus, status_of
from recommender.plans.run_plan import PlanQuestion
from recommender.records.record_store import RecordStore
from recommender.served_version import ServedVersion

JOBS: Final = ".jobs"
ID: Final = re.compile(r"P[0-9a-f]{12}")


class PlanStore:
    """The plans of one workspace; safe for many threads and processes. Raises UnavailableError where the records do."""

    def __init__(self, folder: Path, records: RecordStore) -> None:
        """Opens nothing yet."""
        self.folder = folder
        self.jobs = folder / JOBS
        self._records = records
        self._queue, self._finished, self._adoptions = JobQueue(records), FinishedPlans(folder, records), AdoptionRecords(records)
        self._opened = False

    @property
    def queue(self) -> JobQueue:
        """The questions."""
        self.open()
        return self._queue

    @property
    def finished(self) -> FinishedPlans:
        """The answers."""
        self.open()
        return self._finished

    @property
    def adoptions(self) -> AdoptionRecords:
        """The decisions."""
        self.open()
        return self._adoptions

    def open(self) -> None:
        """Makes the tables where there are none, and reads in the files of earlier versions of the program, once."""
        if not self._opened:
            self._records.open()
            import_files(self.folder, self._records)
            self._opened = True

    def put(
        self,
        plan_id: str,
        question: PlanQuestion,
        version: ServedVersion | None = None,
        asker: str = "",
        quota: Quota | None = None,
    ) -> bool:
        """Queues a question; False where its plan is finished, queued or being worked on.

        Raises BusyError over the quota, UsageError for a question that could not be read back.
        """
        inputs = PlanInputs.of(question, version)
        check_plain([question.district_id, question.yuan, inputs.limits])
        if Limits.of(json.loads(json.dumps(inputs.limits))) != question.limits:
            raise UsageError("plans.not_storable")
        plan = self.finished.row(plan_id)
        if plan is not None and self._summary(plan) is not None:
            return False
        return self.queue.put(plan_id, question.district_id, inputs, asker, quota)

    def job(self, plan_id: str) -> Job:
        """The newest question for a plan. Raises UnknownIdError."""
        job = self.queue.newest([plan_id]).get(plan_id)
        if job is None:
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        return job

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """The state of a plan; "damaged" where its files are not as they were written.

        Raises UnknownIdError for an id nobody asked for.
        """
        job = self.queue.newest([plan_id]).get(plan_id) if ID.fullmatch(plan_id) else None
        plan = self._row(plan_id, job)
        if job is None and plan is None:
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        status = status_of(plan_id, job, plan, self._summary(plan))
        history = self.adoptions.history(status.district_id)
        standing = standing_of(reversed(history)).get(plan_id)
        status = replace(status, history=history, adoption=standing if status.summary else None)
        if not tables or status.summary is None:
            return status
        try:
            return replace(status, tables=read_tables(self.folder / plan_id))
        except ReadError:
            return status_of(plan_id, job, plan, None)

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All questions and plans of one organization, damaged ones among them, the newest first."""
        self._register_new(path.name for path in self.folder.glob("P*"))
        jobs, plans = self.queue.newest(org_id=district_id), self.finished.of(district_id)
        standing = self.adoptions.standing([district_id])
        statuses = []
        for plan_id in jobs.keys() | plans.keys():
            plan = plans.get(plan_id)
            status = status_of(plan_id, jobs.get(plan_id), plan, self._summary(plan))
            statuses.append(replace(status, adoption=standing.get(plan_id) if status.summary else None))
        return tuple(sorted(statuses, key=lambda s: (s.requested_at, s.plan_id), reverse=True))

    def workbook(self, plan_id: str) -> Path:
        """The workbook of a finished plan, with the names of people while it is adopted.

        Raises UnknownIdError, ReadError where the plan is damaged.
        """
        plan = self._row(plan_id, None)
        if plan is None:
            raise UnknownIdError("plans.unfinished_plan", plan_id=repr(plan_id))
        self.finished.summary(plan)
        adopted = plan_id in self.adoptions.standing([plan.org_id])
        path = self.folder / plan_id / (WORKBOOK if adopted else WITHOUT_NAMES)
        if not path.is_file():
            raise ReadError("plans.unreadable", path=str(path))
        return path

    def adopt(self, plan_id: str, by: str, why: str = "", beside: bool = False) -> Adoption:
        """Adopts a finished plan with seats, in the place of those of its organization that stand or beside them.

        Raises UnknownIdError for another one, UsageError for an overlong reason.
        """
        status = self.status(plan_id)
        if status.summary is None or not status.summary.seats:
            raise UnknownIdError("plans.unfinished_plan", plan_id=repr(plan_id))
        return self.adoptions.adopt(status.district_id, plan_id, by, why, beside)

    def withdraw(self, plan_id: str, by: str, why: str = "") -> Adoption | None:
        """Takes the adoption of a plan back; None where it was not adopted. Raises as `adopt` does."""
        status = self.status(plan_id)
        return self.adoptions.withdraw(status.district_id, plan_id, by, why)

    def adopted(self, org_ids: Iterable[str]) -> tuple[tuple[Adoption, PlanSummary], ...]:
        """The plans of these organizations that stand, newest first; without those whose files are damaged."""
        standing = self.adoptions.standing(list(org_ids))
        result = []
        for adoption in sorted(standing.values(), key=lambda one: (one.at, one.plan_id), reverse=True):
            summary = self._summary(self.finished.row(adoption.plan_id))
            result += [] if summary is None else [(adoption, summary)]
        return tuple(result)

    def request_stop(self, plan_id: str) -> None:
        """Asks whoever works on it for the best plan so far; one that waits leaves the queue. Raises UnknownIdError."""
        if not self.queue.request_stop(plan_id):
            self.status(plan_id)

    def attempt_folder(self, job: Job) -> Path:
        """Where a plan is worked out before it is moved to its place; empty, without what an earlier attempt left."""
        self.discard_attempts(job)
        return self.jobs / f"{job.job_id}-{job.attempts}" / job.plan_id

    def discard_attempts(self, job: Job) -> None:
        """Deletes what was worked out for a job and did not become its plan."""
        for attempt in self.jobs.glob(f"{job.job_id}-*"):
            shutil.rmtree(attempt, ignore_errors=True)

    def begin_again(self) -> None:
        """Every question that is worked on waits again, and what was worked out so far is deleted."""
        self.queue.begin_again()
        for path in self._attempts():
            shutil.rmtree(path, ignore_errors=True)

    def tidy_attempts(self) -> None:
        """Deletes the attempts of jobs that have ended: their process was killed."""
        attempts = self._attempts()
        active = self.queue.active_jobs() if attempts else set()
        for path in attempts:
            if int(path.name.split("-")[0]) not in active:
                shutil.rmtree(path, ignore_errors=True)

    def publish(self, job: Job, worker: str, attempt: Path) -> None:
        """As `FinishedPlans.publish`."""
        self.finished.publish(self.queue, job, worker, attempt)
        self.discard_attempts(job)

    def _attempts(self) -> list[Path]:
        return [path for path in self.jobs.glob("*-*") if path.name.split("-")[0].isdecimal()]

    def _summary(self, plan: FinishedPlan | None) -> PlanSummary | None:
        """None where the files are damaged."""
        try:
            return None if plan is None else self.finished.summary(plan)
        except ReadError:
            return None

    def _row(self, plan_id: str, job: Job | None) -> FinishedPlan | None:
        """The row of a plan, which is made where its folder came from elsewhere."""
        if not ID.fullmatch(plan_id):
            return None
        row = self.finished.row(plan_id)
        if row is None and (job is None or job.state not in WAITING) and (self.folder / plan_id).is_dir():
            self._register_new([plan_id])
            row = self.finished.row(plan_id)
        return row

    def _register_new(self, plan_ids: Iterable[str]) -> None:
        """Rows for folders without one that nobody works on: of the command line, or put back from a copy."""
        new = {plan_id for plan_id in plan_ids if ID.fullmatch(plan_id)} - self.finished.ids()
        if new:
            jobs = self.queue.newest(sorted(new))
            for plan_id in sorted(new):
                if plan_id not in jobs or jobs[plan_id].state not in WAITING:
                    self.finished.register(plan_id)
