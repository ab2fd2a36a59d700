"""A feasible plan without regard to the objective: HiGHS on the pairs that matter for limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Index
from recommender.planning.problem.plan_problem import OPEN, SHUT, PlanProblem
from recommender.planning.solver.milp import MilpResult, run
from recommender.planning.solver.mip_model import build
from recommender.planning.solver.primal_heuristic import Plan
from recommender.planning.solver.top_pairs import run_places

WHOLE: Final = 20_000  # pairs up to which all are candidates, so that infeasibility is proven
CHEAP: Final = 3  # pairs a teacher by each kind of use
SECONDS: Final = 20.0


def feasible_plan(problem: PlanProblem, seed: int, stopped: Callable[[], bool] = lambda: False) -> MilpResult:
    """A feasible plan. proven_infeasible: there is none among the candidates; finished: that holds for all pairs."""
    free = np.flatnonzero(~problem.forbidden)
    proven = len(free) <= WHOLE
    if not proven:
        free = cheapest_pairs(problem, free)
    if _plainly_not(problem):
        return MilpResult(None, -np.inf, True, True)
    model = build(problem, free, np.zeros(0, np.intp))
    model.objective_coef[:] = 0.0
    cost = problem.budget_row()
    model.objective_coef[: len(model.seats)] = -cost.coef[problem.pairs.course[model.seats]] / max(cost.limit[0], 1.0)
    result = run(model, None, SECONDS, seed, 0.5, stopped)
    if result.seats is None:
        return MilpResult(None, -np.inf, result.proven_infeasible, proven and result.finished)
    opened = np.zeros(problem.pairs.courses, bool)
    opened[model.courses[result.courses]] = True
    chosen = np.sort(model.seats[result.seats])
    return MilpResult(Plan(chosen, opened, problem.value(chosen)), np.inf, False, True)


def _plainly_not(problem: PlanProblem) -> bool:
    """Contradictions that no choice of seats resolves."""
    pairs = problem.pairs
    pins = np.flatnonzero(problem.fixed)
    each = np.bincount(pairs.teacher[pins], minlength=pairs.teachers)
    count = np.bincount(pairs.course[pins], minlength=pairs.courses)
    allowed = np.bincount(pairs.course[~problem.forbidden], minlength=pairs.courses)
    must = problem.state == OPEN
    return bool(
        (each > problem.max_courses).any()
        or (count > problem.max_seats).any()
        or (must & ((allowed < problem.min_seats) | (problem.max_seats < problem.min_seats))).any()
        or (count[problem.state == SHUT] > 0).any()
    )


def cheapest_pairs(problem: PlanProblem, free: Index) -> Index:
    """Of these pairs: fixed ones, those of courses that must open, and each teacher's cheapest by every constraint."""
    pairs = problem.pairs
    parts = [free[problem.fixed[free]]]
    must = np.flatnonzero(problem.state == OPEN)
    teacher, course = pairs.teacher[free], pairs.course[free]
    uses = [np.abs(block.coef) for block in problem.constraints if block.coef.any()] or [np.zeros(pairs.courses)]
    floors = any(block.variable is not None for block in problem.constraints)
    for coef in uses:
        for c in must:
            of_course = free[course == c]
            parts.append(of_course[: 3 * int(problem.min_seats[c]) + 20])
        if floors:
            order = np.lexsort((coef[course], teacher))
            parts.append(free[order[run_places(teacher[order]) < CHEAP]])
    return np.unique(np.concatenate(parts))
