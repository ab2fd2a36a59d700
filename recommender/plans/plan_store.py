"""The queue of plans of a workspace, all on disk, so that any process may ask and any may answer.

WORKSPACE/plans/ID/              a finished plan, complete
WORKSPACE/plans/.jobs/ID.json    the question and the progress of its answer
WORKSPACE/plans/.jobs/ID.lock    locked while a process works on it; not locked in state "running": it was killed
WORKSPACE/plans/.jobs/ID.stop    asks for the best plan so far
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from filelock import FileLock, Timeout

from features.errors import UnknownIdError
from features.messages import BilingualText
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import SUMMARY, WORKBOOK, read_json, read_summary, read_tables
from recommender.plans.plan_record import PlanSummary, PlanTables
from recommender.plans.run_plan import PlanQuestion
from recommender.workspace.atomic import write_json

JOBS: Final = ".jobs"
ID: Final = re.compile(r"P[0-9a-f]{12}")
PlanState = Literal["queued", "running", "done", "failed", "interrupted"]
NO_TEXT: Final = BilingualText("", "")


@dataclass(frozen=True)
class PlanStatus:
    """Progress of one question. share: of the work done, 0 to 1. message: why it failed. asked: when, ISO in UTC.

    summary: of a finished plan. tables: of a finished plan where they were requested, without names of people."""

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


class PlanStore:
    """The folder of plans of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = folder / JOBS

    def put(self, plan_id: str, question: PlanQuestion) -> bool:
        """Queues a question; False where its plan is finished, queued or being worked on."""
        self.jobs.mkdir(parents=True, exist_ok=True)
        if self.finished(plan_id):
            return False
        if self._job(plan_id) is not None and self.status(plan_id).state in ("queued", "running"):
            return False
        (self.jobs / f"{plan_id}.stop").unlink(missing_ok=True)
        job = {
            "plan_id": plan_id, "district_id": question.district_id, "budget": question.yuan,
            "limits": question.limits.as_json(), "seed": question.seed, "draws": question.draws,
            "state": "queued", "what": "", "share": 0.0, "message": NO_TEXT._asdict(),
            "asked": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        write_json(self.jobs / f"{plan_id}.json", job)
        return True

    def question(self, plan_id: str) -> PlanQuestion:
        """The question of an id. Raises UnknownIdError."""
        job = self._job(plan_id)
        if job is None:
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        return PlanQuestion(
            str(job["district_id"]), float(job["budget"]), Limits.of(job["limits"]), int(job["seed"]),
            int(job["draws"]),
        )  # fmt: skip

    def update(self, plan_id: str, **changes: Any) -> None:
        """Changes fields of a job: state, what, share, message."""
        write_json(self.jobs / f"{plan_id}.json", {**(self._job(plan_id) or {}), **changes})

    def finished(self, plan_id: str) -> bool:
        """Whether the plan is there."""
        return (self.folder / plan_id / SUMMARY).exists()

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """The state of a question; raises UnknownIdError for an id nobody asked for, ReadError for a damaged plan."""
        if not ID.fullmatch(plan_id):
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        job, summary = self._job(plan_id), read_summary(self.folder / plan_id)
        if job is None and summary is None:
            raise UnknownIdError("plans.unknown_plan", plan_id=repr(plan_id))
        job = job or {}
        state = "done" if summary is not None else str(job.get("state", "failed"))
        if state == "running" and not self.locked(plan_id):
            state = "interrupted"
        return PlanStatus(
            plan_id=plan_id,
            state=state,  # type: ignore[arg-type]
            district_id=summary.district_id if summary else str(job.get("district_id", "")),
            budget=summary.budget if summary else float(job.get("budget", 0.0)),
            limits=dict(summary.limits if summary else job.get("limits", {})),
            what=str(job.get("what", "")),
            share=float(job.get("share", 0.0)),
            message=_text(job.get("message", "")),
            requested_at=str(job.get("asked") or self._written(plan_id)),
            summary=summary,
            tables=read_tables(self.folder / plan_id) if tables and summary is not None else None,
        )

    def _written(self, plan_id: str) -> str:
        """When a plan of the command line was written; empty where there is none."""
        path = self.folder / plan_id / SUMMARY
        if not path.exists():
            return ""
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All questions and plans of one organization, the newest first."""
        names = {path.stem for path in self.jobs.glob("P*.json")}
        names |= {path.name for path in self.folder.glob("P*") if path.is_dir()}
        statuses = [self.status(name) for name in names if ID.fullmatch(name)]
        own = [status for status in statuses if status.district_id == district_id]
        return tuple(sorted(own, key=lambda s: (s.requested_at, s.plan_id), reverse=True))

    def queued(self) -> list[str]:
        """Ids that wait, the oldest question first."""
        jobs = [job for job in map(read_json, self.jobs.glob("P*.json")) if job and job.get("state") == "queued"]
        waiting = [job for job in jobs if not self.finished(str(job["plan_id"]))]
        return [str(job["plan_id"]) for job in sorted(waiting, key=lambda job: (job["asked"], job["plan_id"]))]

    def workbook(self, plan_id: str) -> Path:
        """The workbook of a finished plan. Raises UnknownIdError."""
        path = self.folder / plan_id / WORKBOOK
        if not ID.fullmatch(plan_id) or not path.exists():
            raise UnknownIdError("plans.unfinished_plan", plan_id=repr(plan_id))
        return path

    def request_stop(self, plan_id: str) -> None:
        """Asks whoever works on it for the best plan so far. Raises UnknownIdError."""
        self.status(plan_id)
        (self.jobs / f"{plan_id}.stop").touch()

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

    def _job(self, plan_id: str) -> dict[str, Any] | None:
        return read_json(self.jobs / f"{plan_id}.json")


def _text(value: Any) -> BilingualText:
    """The message of a job; one text stands for both languages, as in jobs of earlier versions."""
    if isinstance(value, dict):
        return BilingualText(str(value.get("zh", "")), str(value.get("en", "")))
    return BilingualText(str(value), str(value))
