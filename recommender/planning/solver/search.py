"""Which courses to open: a dive that fixes what the duals decide, then the most decided half of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation
from recommender.planning.solver.primal_heuristic import Plan, primal_heuristic
from recommender.planning.solver.subgradient import subgradient_ascent

SURE: Final = 0.97  # open in this share of the last steps: open


@dataclass
class SearchResult:
    """The best plan (None: none was feasible), its duals, and (n,) how often the relaxed plans around it took each
    pair."""

    plan: Plan | None
    duals: Duals
    frequency: Array


def dive(
    relaxation: LagrangianRelaxation,
    duals: Duals,
    open_share: Array,
    frequency: Array,
    best: Plan | None,
    steps: int,
    limit: int,
    stopped: Callable[[], bool],
    on_progress: Callable[[Plan | None], None] = lambda plan: None,
) -> SearchResult:
    """Fix what is decided, then the most decided half of the rest, in at most `limit` rounds of `steps`."""
    problem = relaxation.problem
    state = problem.state.copy()
    at, share = duals, open_share
    at_best, often_best = duals, frequency
    for turn in range(limit + 1):
        relaxed = relaxation.solve(at, state)
        plan = primal_heuristic(relaxation, at, relaxed, state, frequency)
        if plan is not None and (best is None or plan.value > best.value):
            best, at_best, often_best = plan, at, frequency
            on_progress(best)
        free = np.flatnonzero((state == FREE) & relaxation.possible)
        state[free[share[free] > SURE]] = OPEN
        state[free[share[free] < 1 - SURE]] = SHUT
        undecided = np.flatnonzero((state == FREE) & relaxation.possible)
        if turn == limit or stopped():
            break
        if not len(undecided) and turn:
            break
        sure = undecided[np.argsort(-np.abs(share[undecided] - 0.5), kind="stable")]
        some = sure[: max(1, len(sure) // 2)]
        state[some] = np.where(share[some] > 0.5, OPEN, SHUT)
        ascent = subgradient_ascent(relaxation, at, steps, state, best.value if best else 0.0, stride=0.3, stopped=stopped)
        at, share, frequency = ascent.duals, ascent.open_share, ascent.taken_share
    return SearchResult(best, at_best, often_best)
