"""Which pairs to look at closely: a first choice at rough prices, and the passes over all pairs that close it.

A pair left out is harmless as long as its reduced worth is not above 0. So with the final prices every pair
is priced once more, block by block; what is above 0 comes in, and the bound counts all the others.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation
from recommender.planning.solver.sampled_duals import sampled_duals
from recommender.planning.solver.top_pairs import blocks, top_pairs

WHOLE: Final = 60_000  # pairs up to which all are looked at
AROUND: Final = 5  # pairs looked at for every seat, starting from an earlier plan


def initial_pairs(problem: PlanProblem, seed: int) -> tuple[Index, Duals]:
    """Pairs worth looking at closely, rising, and prices to begin with."""
    open_pairs = np.flatnonzero(~problem.forbidden)
    duals, seat_dual = sampled_duals(problem, open_pairs, seed)
    if len(open_pairs) <= WHOLE:
        return open_pairs, duals
    chosen, duals.teacher = top_pairs(problem, duals, seat_dual)
    return chosen, duals


def violated(problem: PlanProblem, duals: Duals, active: Index, above: Array) -> Index:
    """Pairs beside `known` whose reduced worth is above `above` (C,) of their course: one pass over all."""
    inside = np.zeros(len(problem.pairs), bool)
    inside[active] = True
    result = []
    for block in blocks(problem):
        value = LagrangianRelaxation.block_reduced(problem, block, duals)
        result.append(block[(value > above[problem.pairs.course[block]]) & ~inside[block]])
    return np.concatenate(result) if result else np.zeros(0, np.intp)


def warm_pairs(problem: PlanProblem, duals: Duals, active: Index, plan: Index) -> Index:
    """Of the active pairs those that small changes of prices may bring in, and those of a plan."""
    active = active[~problem.forbidden[active]]
    number = max(AROUND * len(plan), WHOLE)
    if len(active) > number:
        value = LagrangianRelaxation.block_reduced(problem, active, duals)
        active = active[np.argpartition(-value, number)[:number]]
    return np.unique(np.concatenate([active, plan[~problem.forbidden[plan]], np.flatnonzero(problem.fixed)]))


__all__ = ["WHOLE", "initial_pairs", "violated", "warm_pairs"]
