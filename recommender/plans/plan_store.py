"""Plans of a workspace and what became of each question, all on disk: no process has to live for it.

WORKSPACE/plans/ID/              a finished plan, whole
WORKSPACE/plans/.jobs/ID.json    the question and how far its answer is
WORKSPACE/plans/.jobs/ID.lock    held while somebody works on it; free with state "running": it was killed
WORKSPACE/plans/.jobs/ID.stop    asks for the best plan so far
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from features.errors import ReadError, UnknownIdError
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_files import SUMMARY, WORKBOOK
from recommender.plans.plan_tables import COLUMNS
from recommender.plans.run_plan import PlanQuestion
from recommender.types import PlanStatus
from recommender.workspace.atomic import write_json

JOBS: Final = ".jobs"
ID: Final = re.compile(r"P[0-9a-f]{12}")


class PlanStore:
    """The folder of plans of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = folder / JOBS

    def put(self, plan_id: str, question: PlanQuestion) -> bool:
        """Queue a question; False where its plan is there already or somebody works on it."""
        self.jobs.mkdir(parents=True, exist_ok=True)
        if (self.folder / plan_id / SUMMARY).exists():
            return False
        if self._job(plan_id) is not None and self.status(plan_id).state in ("queued", "running"):
            return False
        (self.jobs / f"{plan_id}.stop").unlink(missing_ok=True)
        told = {
            "plan_id": plan_id, "district_id": question.district_id, "budget": question.yuan,
            "limits": question.limits.as_json(), "seed": question.seed, "draws": question.draws,
            "state": "queued", "what": "", "share": 0.0, "message": "",
            "asked": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        write_json(self.jobs / f"{plan_id}.json", told)
        return True

    def question(self, plan_id: str) -> PlanQuestion:
        """What was asked."""
        job = self._job(plan_id)
        if job is None:
            raise UnknownIdError(f"No plan has the id {plan_id!r}")
        return PlanQuestion(
            str(job["district_id"]), float(job["budget"]), Limits.of(job["limits"]), int(job["seed"]),
            int(job["draws"]),
        )  # fmt: skip

    def note(self, plan_id: str, **change: Any) -> None:
        """Keep how far it is."""
        write_json(self.jobs / f"{plan_id}.json", {**(self._job(plan_id) or {}), **change})

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """Where a question stands; a finished plan with its summary, and with its tables where asked.

        Raises UnknownUnit for an id nobody asked for.
        """
        if not ID.fullmatch(plan_id):
            raise UnknownIdError(f"No plan has the id {plan_id!r}")
        job, summary = self._job(plan_id), _read(self.folder / plan_id / SUMMARY)
        if job is None and summary is None:
            raise UnknownIdError(f"No plan has the id {plan_id!r}")
        job = job or {}
        state = "done" if summary is not None else str(job.get("state", "failed"))
        if state == "running" and not self.worked_on(plan_id):
            state = "interrupted"
        told = summary or {}
        return PlanStatus(
            plan_id=plan_id,
            state=state,  # type: ignore[arg-type]
            district_id=str(told.get("district_id", job.get("district_id", ""))),
            budget=float(told.get("budget", job.get("budget", 0.0))),
            limits=dict(told.get("limits", job.get("limits", {}))),
            what=str(job.get("what", "")),
            share=float(job.get("share", 0.0)),
            message=str(job.get("message", "")),
            asked=str(job.get("asked") or self._written(plan_id)),
            summary=summary,
            tables=self._tables(plan_id) if tables and summary is not None else {},
        )

    def _written(self, plan_id: str) -> str:
        """When a plan that was made by the command was written, empty where it is not there."""
        path = self.folder / plan_id / SUMMARY
        if not path.exists():
            return ""
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All that was asked for one organization, the newest first."""
        names = {path.stem for path in self.jobs.glob("P*.json")}
        names |= {path.name for path in self.folder.glob("P*") if path.is_dir()}
        found = [self.status(name) for name in names if ID.fullmatch(name)]
        mine = [status for status in found if status.district_id == district_id]
        return tuple(sorted(mine, key=lambda s: (s.asked, s.plan_id), reverse=True))

    def queued(self) -> list[str]:
        """Ids that wait, the oldest question first."""
        found = [job for job in map(_read, self.jobs.glob("P*.json")) if job and job.get("state") == "queued"]
        return [str(job["plan_id"]) for job in sorted(found, key=lambda j: (j["asked"], j["plan_id"]))]

    def workbook(self, plan_id: str) -> Path:
        """The workbook of a finished plan. Raises UnknownUnit."""
        path = self.folder / plan_id / WORKBOOK
        if not ID.fullmatch(plan_id) or not path.exists():
            raise UnknownIdError(f"No finished plan has the id {plan_id!r}")
        return path

    def ask_to_stop(self, plan_id: str) -> None:
        """Whoever works on it takes the best plan so far."""
        self.status(plan_id)
        (self.jobs / f"{plan_id}.stop").touch()

    def asked_to_stop(self, plan_id: str) -> bool:
        """Whether somebody did."""
        return (self.jobs / f"{plan_id}.stop").exists()

    @contextmanager
    def working(self, name: str) -> Iterator[bool]:
        """Hold the lock of a plan (or of the worker); False where another process does."""
        self.jobs.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.jobs / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)

    def worked_on(self, name: str) -> bool:
        """Whether a living process holds the lock."""
        with self.working(name) as free:
            return not free

    def _job(self, plan_id: str) -> dict[str, Any] | None:
        return _read(self.jobs / f"{plan_id}.json")

    def _tables(self, plan_id: str) -> dict[str, tuple[dict[str, str], ...]]:
        found = {}
        for name in COLUMNS:
            path = self.folder / plan_id / f"{name}.csv"
            if name == "assignments" or not path.exists():
                continue
            with open(path, encoding="utf-8-sig", newline="") as file:
                found[name] = tuple(csv.DictReader(file))
        return found


def _read(path: Path) -> dict[str, Any] | None:
    try:
        held = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as wrong:
        raise ReadError(f"{path} cannot be read: delete it and ask for the plan again") from wrong
    return held if isinstance(held, dict) else None
