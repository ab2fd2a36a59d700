"""The queue of plans of a workspace, all on disk, so that any process may ask and any may answer.

WORKSPACE/plans/ID/       a finished plan, complete
WORKSPACE/plans/.jobs/    the questions: `recommender.plans.plan_jobs`

A damaged entry has the state "damaged", on its own page and in lists; it never keeps others from being shown.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from features.errors import BusyError, ReadError, RecommenderError, UnknownIdError, UsageError
from features.messages import BilingualText, message
from recommender.planning.problem.limits import Limits
from recommender.plans.adoption import Adoption, adopt, read_adoption
from recommender.plans.plain_values import check_plain
from recommender.plans.plan_files import (
    RECORD,
    SUMMARY,
    WITHOUT_NAMES,
    WORKBOOK,
    check_files,
    read_json,
    read_summary,
    read_tables,
)
from recommender.plans.plan_jobs import NO_TEXT, Job, JobFolder, PlanState, now
from recommender.plans.plan_record import PlanSummary, PlanTables
from recommender.plans.run_plan import PlanQuestion
from recommender.served_version import ServedVersion
from recommender.text.catalogues import in_both
from recommender.workspace.atomic import locked

JOBS: Final = ".jobs"
ID: Final = re.compile(r"P[0-9a-f]{12}")
WAITING: Final = ("queued", "running")
RETRY: Final = 30  # seconds


@dataclass(frozen=True)
class PlanStatus:
    """Progress of one question. share: of the work done, 0 to 1. message: why there is no plan. requested_at: when, ISO in UTC.

    summary: of a finished plan. tables: of a finished plan where they were requested, without names of people.
    version: what the answer comes from, None where it is not known. adoption: None before somebody adopted it."""

    plan_id: str
    state: PlanState
    district_id: str
    budget: float
    limits: dict[str, Any]
    what: str
    share: float
    message: BilingualText
    requested_at: str
    summary: PlanSummary | None
    tables: PlanTables | None
    version: ServedVersion | None = None
    adoption: Adoption | None = None


@dataclass(frozen=True)
class Quota:
    """How many questions may wait or be worked on at once: of one person, and of all."""

    person: int
    all: int


class PlanStore:
    """The folder of plans of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = folder / JOBS
        self._jobs = JobFolder(self.jobs)

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
        job = Job(
            plan_id=plan_id, district_id=question.district_id, budget=question.yuan, limits=question.limits.as_json(),
            seed=question.seed, draws=question.draws, state="queued", requested_at=now(), asker=asker,
            tables=version.tables if version else "", as_of=version.as_of.isoformat() if version else "",
            model_version=version.model_version if version else "", choices=question.choices,
            today=question.today.isoformat() if question.today else "",
        )  # fmt: skip
        check_plain([question.district_id, question.yuan, job.limits])
        if Limits.of(json.loads(json.dumps(job.limits))) != question.limits:
            raise UsageError("plans.not_storable")
        with locked(self.jobs):
            if self._exists(plan_id) and self.status(plan_id).state in ("done", *WAITING):
                return False
            if quota is not None:
                self._check_quota(asker, quota)
            if (self.folder / plan_id).exists():  # damaged
                shutil.rmtree(self.folder / plan_id)
            (self.jobs / f"{plan_id}.stop").unlink(missing_ok=True)
            self._jobs.write(job)
        return True

    def _check_quota(self, asker: str, quota: Quota) -> None:
        waiting = [job for job in self._jobs.readable() if self.state_of(job) in WAITING]
        if len(waiting) >= quota.all:
            raise BusyError("plans.queue_full", RETRY, n=len(waiting))
        own = sum(job.asker == asker for job in waiting)
        if own >= quota.person:
            raise BusyError("plans.too_many_own", RETRY, n=own)

    def question(self, plan_id: str) -> PlanQuestion:
        """The question of an id. Raises UnknownIdError, ReadError for a damaged one."""
        return self.job(plan_id).question

    def job(self, plan_id: str) -> Job:
        """A question with its progress. Raises UnknownIdError, ReadError for a damaged one."""
        job = self._jobs.read(plan_id) if ID.fullmatch(plan_id) else None
        if job is None:
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        return job

    def update(self, plan_id: str, **changes: Any) -> None:
        """Changes fields of a job: state, what, share, message. Raises as `job` does."""
        self._jobs.write(Job.model_validate(self.job(plan_id).model_dump() | changes))

    def finished(self, plan_id: str) -> bool:
        """Whether the plan is there."""
        return (self.folder / plan_id / SUMMARY).exists()

    def state_of(self, job: Job) -> PlanState:
        """Its state as far as its job says; a process that was killed leaves "interrupted"."""
        if job.state == "running" and not self.locked(job.plan_id):
            return "interrupted"
        return job.state

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """The state of a question; "damaged" where its files cannot be read or are not as they were written.

        Raises UnknownIdError for an id nobody asked for.
        """
        if not ID.fullmatch(plan_id) or not self._exists(plan_id):
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        job, summary, contents, damaged = None, None, None, False
        try:
            job = self._jobs.read(plan_id)
        except ReadError:
            damaged = True
        folder = self.folder / plan_id
        if folder.exists():
            try:
                check_files(folder)
                summary = read_summary(folder)
                contents = read_tables(folder) if tables and summary is not None else None
            except ReadError:
                damaged, summary = True, None
        state: PlanState = "damaged"
        if summary is not None:
            state = "done"
        elif job is not None and job.state != "done":
            waiting = (state := self.state_of(job)) in WAITING
            state = "damaged" if damaged and not waiting else state
        return self._status(plan_id, state, job, summary, contents)

    def _status(
        self, plan_id: str, state: PlanState, job: Job | None, summary: PlanSummary | None, tables: PlanTables | None
    ) -> PlanStatus:
        text = job.message if job is not None else NO_TEXT
        limits = summary.limits if summary else job.limits if job else {}
        district = summary.district_id if summary else job.district_id if job else self._district_of(plan_id)
        return PlanStatus(
            plan_id=plan_id,
            state=state,
            district_id=district,
            budget=summary.budget if summary else job.budget if job else 0.0,
            limits=dict(limits) if _valid(limits) else {},
            what=job.what if job else "",
            share=min(max(job.share, 0.0), 1.0) if job else 0.0,
            message=in_both(message("plans.damaged")) if state == "damaged" else text,
            requested_at=(job.requested_at if job else "") or self._written(plan_id),
            summary=summary,
            tables=tables,
            version=_version(summary) if summary else job.version if job else None,
            adoption=self._adoption(plan_id) if summary else None,
        )

    def _adoption(self, plan_id: str) -> Adoption | None:
        """A damaged one counts as none: nobody is named, and it can be adopted again."""
        try:
            return read_adoption(self.jobs, plan_id)
        except ReadError:
            return None

    def adopt(self, plan_id: str, by: str) -> Adoption:
        """Adopts a finished plan with seats. Raises UnknownIdError for another one."""
        status = self.status(plan_id)
        if status.summary is None or not status.summary.seats:
            raise UnknownIdError("plans.unfinished_plan", plan_id=repr(plan_id))
        with locked(self.jobs):
            if status.adoption is None:
                (self.jobs / f"{plan_id}.adopted.json").unlink(missing_ok=True)
            return adopt(self.jobs, plan_id, by)

    def adopted(self) -> list[str]:
        """Ids of plans that somebody adopted, whether or not their files can be read."""
        suffix = ".adopted.json"
        names = (path.name.removesuffix(suffix) for path in self.jobs.glob(f"*{suffix}"))
        return sorted(name for name in names if ID.fullmatch(name))

    def _exists(self, plan_id: str) -> bool:
        return (self.jobs / f"{plan_id}.json").exists() or (self.folder / plan_id).exists()

    def _district_of(self, plan_id: str) -> str:
        """Of a plan whose summary and job cannot be read."""
        if district := self._jobs.district_of(plan_id):
            return district
        for name in (SUMMARY, RECORD):
            try:
                content = read_json(self.folder / plan_id / name) or {}
            except ReadError:
                continue
            summary = content if name == SUMMARY else content.get("summary")
            if isinstance(summary, dict) and isinstance(summary.get("district_id"), str):
                return str(summary["district_id"])
        return ""

    def _written(self, plan_id: str) -> str:
        """When a plan of the command line was written; empty where there is none."""
        try:
            changed = (self.folder / plan_id / SUMMARY).stat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds")

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All questions and plans of one organization, damaged ones among them, the newest first."""
        names = {name for name in self._jobs.ids() if ID.fullmatch(name)}
        names |= {path.name for path in self.folder.glob("P*") if ID.fullmatch(path.name)}
        statuses = []
        for name in names:
            try:
                statuses.append(self.status(name))
            except UnknownIdError:  # deleted meanwhile
                continue
        own = [status for status in statuses if status.district_id == district_id]
        return tuple(sorted(own, key=lambda s: (s.requested_at, s.plan_id), reverse=True))

    def queued(self) -> list[str]:
        """Ids that wait: districts take turns, the one that waited longest since its last turn first; within a
        district the oldest question."""
        jobs = self._jobs.readable()
        last_turn: dict[str, str] = defaultdict(str)
        for job in jobs:
            last_turn[job.district_id] = max(last_turn[job.district_id], job.started)
        waiting = [job for job in jobs if job.state == "queued" and not self.finished(job.plan_id)]
        taken: dict[str, int] = defaultdict(int)
        order: list[tuple[int, str, str, str]] = []
        for job in sorted(waiting, key=lambda job: (job.requested_at, job.plan_id)):
            order.append((taken[job.district_id], last_turn[job.district_id], job.requested_at, job.plan_id))
            taken[job.district_id] += 1
        return [plan_id for *_, plan_id in sorted(order)]

    def interrupted(self) -> list[Job]:
        """Questions whose process was killed."""
        return [job for job in self._jobs.readable() if self.state_of(job) == "interrupted"]

    def workbook(self, plan_id: str) -> Path:
        """The workbook of a finished plan, with the names of people once it is adopted.

        Raises UnknownIdError, ReadError where the plan is damaged.
        """
        if not ID.fullmatch(plan_id) or not self.finished(plan_id):
            raise UnknownIdError("plans.unfinished_plan", plan_id=repr(plan_id))
        path = self.folder / plan_id / (WORKBOOK if self._adoption(plan_id) else WITHOUT_NAMES)
        check_files(path.parent)
        if not path.is_file():
            raise ReadError("plans.unreadable", path=str(path))
        return path

    def request_stop(self, plan_id: str) -> None:
        """Asks whoever works on it for the best plan so far; one that waits leaves the queue. Raises UnknownIdError."""
        with locked(self.jobs):
            state = self.status(plan_id).state
            (self.jobs / f"{plan_id}.stop").touch()
            if state == "queued":
                self.update(plan_id, state="stopped")

    def stop_requested(self, plan_id: str) -> bool:
        """Whether `request_stop` was called since the question was queued."""
        return (self.jobs / f"{plan_id}.stop").exists()

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Holds the lock of a plan (or of the worker) until the block ends; False where another process holds it."""
        self.jobs.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.jobs / f"{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def locked(self, name: str) -> bool:
        """Whether a living process holds the lock."""
        with self.lock(name) as free:
            return not free


def _version(summary: PlanSummary) -> ServedVersion:
    return ServedVersion(summary.tables, summary.as_of, summary.model_version)


def _valid(limits: dict[str, Any]) -> bool:
    """Whether limits of a file can be put into a form."""
    try:
        check_plain(limits)
        Limits.of(limits)
    except RecommenderError:
        return False
    return True
