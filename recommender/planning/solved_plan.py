"""A solved planning question: its limits, the problem, its solution, and why there is no plan if there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.planning.infeasibility import Conflict
from recommender.planning.lottery import LotteryDraw
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.remedies import Remedy
from recommender.planning.solver.primal_heuristic import Plan
from recommender.planning.solver.solve import Solution

OPTIMAL_GAP = 1e-6  # as a share of the bound


@dataclass(frozen=True)
class SolvedPlan:
    """yuan: the budget. solution: before the lottery. lottery: None where no seats were to be drawn by lot.
    conflicts, remedies: empty where there is a plan."""

    district: District
    limits: Limits
    yuan: float
    seed: int
    problem: PlanProblem
    solution: Solution
    lottery: LotteryDraw | None
    conflicts: tuple[Conflict, ...]
    remedies: tuple[Remedy, ...] = ()

    @property
    def plan(self) -> Plan | None:
        """The plan to carry out: after the lottery."""
        return self.solution.plan if self.lottery is None else self.lottery.plan

    @property
    def gap(self) -> float:
        """Upper bound on how far `plan` is from the best possible, as a share of the bound; inf without a plan."""
        bound = self.solution.bound
        if self.plan is None:
            return np.inf
        return max(bound - self.plan.value, 0.0) / bound if bound > 1e-12 else 0.0

    @property
    def status(self) -> Literal["optimal", "feasible", "infeasible"]:
        """optimal: the gap is at most OPTIMAL_GAP."""
        if self.solution.plan is None:
            return "infeasible"
        return "optimal" if self.gap <= OPTIMAL_GAP else "feasible"
