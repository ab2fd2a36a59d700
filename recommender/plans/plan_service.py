"""Plans for the service: questions in, states and tables out."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from recommender.planning.problem.limits import Limits
from recommender.plans.plan_store import PlanStatus, PlanStore
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.plans.worker_process import WorkerProcess
from recommender.workspace.workspace import Workspace


class Worker(Protocol):
    """Answers what is queued, from `start` to `stop`; starting it twice is starting it once."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class PlanService:
    """The plans of one workspace. A worker runs as long as something is queued, and no longer than the service."""

    def __init__(self, workspace: Workspace, worker: Worker | None = None) -> None:
        self._workspace = workspace
        self._store = PlanStore(workspace.root / PLANS)
        self._worker = worker or WorkerProcess(workspace.root)

    def start(self) -> None:
        """Takes up again what was queued when the last server ended."""
        if self._store.queued():
            self._worker.start()

    def close(self) -> None:
        """Ends the worker; the question it was working on is queued again."""
        self._worker.stop()

    def ask(self, district_id: str, budget: float, limits: Limits, model_version: str, as_of: date) -> str:
        """The id of the plan; equal questions get the same."""
        question = PlanQuestion(district_id, budget, limits)
        plan_id = question.plan_id(self._workspace.fingerprint, model_version, as_of.isoformat())
        self._store.put(plan_id, question)
        self.status(plan_id)
        return plan_id

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """The state of a question, which is worked on from then on; raises UnknownIdError."""
        status = self._store.status(plan_id, tables)
        if status.state == "queued":
            self._worker.start()
        return status

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All plans of one organization, newest first."""
        return self._store.of_district(district_id)

    def workbook(self, plan_id: str) -> bytes:
        """The workbook of a finished plan; raises UnknownIdError."""
        return self._store.workbook(plan_id).read_bytes()

    def stop(self, plan_id: str) -> None:
        """Takes the best plan so far; raises UnknownIdError."""
        self._store.request_stop(plan_id)
