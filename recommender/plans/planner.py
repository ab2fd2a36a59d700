"""The planner: one city loaded once, its districts' pairs scored once, so that a what-if only solves again."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from features.errors import UsageError
from recommender.diagnosis import Progress
from recommender.lists.recommend import Recommender
from recommender.pipeline import run_recommender
from recommender.planning.infeasibility import Conflict, PlanRequirements, explain
from recommender.planning.lottery import draw_lottery
from recommender.planning.problem.district import District, load_district
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.near_ties import drawn
from recommender.planning.remedies import Remedy, remedies
from recommender.planning.solved_plan import SolvedPlan
from recommender.planning.solver.solve import Solution, solve
from recommender.settings import Settings
from recommender.workspace.workspace import Workspace

SEED: Final = 0
SIMULATED: Final = b"simulated tables"  # people who do not exist need no secret, and anybody gets the same plan
RICHEST: Final = 1e12  # yuan
Stopped = Callable[[], bool]


class Planner:
    """Answers for the districts of one workspace; the last solution of each warms the next."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings | None = None,
        as_of: date | None = None,
        progress: Progress = None,
        ready: Recommender | None = None,
    ) -> None:
        self.workspace = workspace
        self._settings = settings or Settings()
        self.ready = ready or run_recommender(workspace, self._settings, as_of, progress)
        self._districts: dict[tuple[str, date], District] = {}
        self._last: dict[tuple[str, date], SolvedPlan] = {}

    @property
    def as_of(self) -> date:
        """The date of the data."""
        return self.ready.snapshot.as_of

    def district(self, org_id: str, today: date | None = None) -> District:
        """One organization on a day (as-of by default), near-ties drawn by lot; raises UnknownIdError and DataError."""
        key = org_id, today or self.as_of
        if key not in self._districts:
            for other in [kept for kept in self._districts if kept[0] == org_id]:  # of another day
                del self._districts[other]
            made_up = self.workspace.tables.made_up
            district = load_district(self.ready.snapshot, self.ready.bundle, org_id, made_up, today=today)
            secret = SIMULATED if made_up else hmac.digest(self._settings.bundle_key(), b"lots of near-ties", "sha256")
            self._districts[key] = drawn(district, secret)
        return self._districts[key]

    def check(self, org_id: str, yuan: float, limits: Limits, today: date | None = None) -> District:
        """The district. Raises UsageError for a budget out of range and UnknownIdError for unknown ids."""
        if not 0 <= yuan <= RICHEST:
            raise UsageError("plans.budget_range", yuan=yuan)
        district = self.district(org_id, today)
        limits.check(
            set(map(str, district.teacher_ids)), set(map(str, district.course_ids)),
            set(map(str, district.school_ids)),
        )  # fmt: skip
        return district

    def plan(
        self,
        org_id: str,
        yuan: float,
        limits: Limits | None = None,
        seed: int = SEED,
        warm: bool = False,
        seconds: float = np.inf,
        stopped: Stopped = lambda: False,
        progress: Progress = None,
        today: date | None = None,
    ) -> SolvedPlan:
        """The best plan; with `warm` from the prices of this district's last one, which is quick.

        today: the day on which the courses must be open, as-of by default (`load_district`).
        """
        limits = limits or Limits()
        district = self.check(org_id, yuan, limits, today)
        key = org_id, today or self.as_of
        problem, decisions = build_problem(district, limits, yuan)
        last = self._last.get(key) if warm else None

        def tell(share: float, value: float | None, bound: float) -> None:
            if progress:
                progress(f"求解 / Solving{_gap(value, bound)}", share)

        if decisions.contradictions:
            solution = Solution.infeasible(problem)
        else:
            warm_from = last.solution if last and last.solution.plan is not None else None
            solution = solve(problem, seed, warm_from, seconds=seconds, stopped=stopped, on_progress=tell)
        conflicts: tuple[Conflict, ...] = ()
        changes: tuple[Remedy, ...] = ()
        if solution.plan is None:
            required = PlanRequirements(yuan, limits)
            conflicts = tuple(explain(district, required, seed, stopped))
            changes = tuple(remedies(district, required, conflicts, seed, stopped))
        lottery = None
        if solution.plan is not None and limits.lottery_share > 0:
            lottery = draw_lottery(problem, solution.plan, limits.lottery_share, seed)
        planned = SolvedPlan(district, limits, yuan, seed, problem, solution, lottery, conflicts, changes)
        if solution.plan is not None:
            self._last[key] = planned
        return planned


def _gap(value: float | None, bound: float) -> str:
    if value is None or not np.isfinite(bound) or bound <= 0:
        return ""
    return f" · 差距 gap {max(bound - value, 0.0) / bound:.2%}"
