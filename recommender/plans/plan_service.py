"""Plans as the service asks for them: questions in, states and tables out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from recommender.planning.problem.limits import Limits
from recommender.plans.plan_store import PlanStore
from recommender.plans.plan_worker import start_worker
from recommender.plans.run_plan import PLANS, PlanQuestion
from recommender.types import PlanStatus
from recommender.workspace.workspace import Workspace


class PlanService:
    """Over one workspace. `begin` makes sure that somebody works on what is queued."""

    def __init__(self, workspace: Workspace, begin: Callable[[Path], None] = start_worker) -> None:
        self._workspace = workspace
        self._shelf = PlanStore(workspace.root / PLANS)
        self._begin = begin

    def ask(
        self, district_id: str, budget: float, limits: Limits, model_version: str, as_of: date
    ) -> str:
        """The id of the plan; equal questions get the same."""
        question = PlanQuestion(district_id, budget, limits)
        plan_id = question.plan_id(self._workspace.fingerprint, model_version, as_of.isoformat())
        self._shelf.put(plan_id, question)
        if self._shelf.status(plan_id).state == "queued":
            self._begin(self._workspace.root)
        return plan_id

    def status(self, plan_id: str, tables: bool = False) -> PlanStatus:
        """Where it stands; raises UnknownUnit."""
        return self._shelf.status(plan_id, tables)

    def of_district(self, district_id: str) -> tuple[PlanStatus, ...]:
        """All plans of one organization, newest first."""
        return self._shelf.of_district(district_id)

    def workbook(self, plan_id: str) -> bytes:
        """The workbook of a finished plan; raises UnknownUnit."""
        return self._shelf.workbook(plan_id).read_bytes()

    def stop(self, plan_id: str) -> None:
        """Take the best plan so far; raises UnknownUnit."""
        self._shelf.ask_to_stop(plan_id)
