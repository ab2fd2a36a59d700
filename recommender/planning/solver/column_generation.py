"""Column generation: the pairs of the restricted problem, first at approximate duals, then by pricing all pairs.

A pair left out does not change the bound as long as its reduced value is not above 0. So at the final duals all pairs are
priced, block by block; those above 0 enter, and the bound holds for all the others.
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

WHOLE: Final = 60_000  # pairs up to which all are active
AROUND: Final = 5  # active pairs for every seat of an earlier plan


def initial_pairs(problem: PlanProblem, seed: int) -> tuple[Index, Duals]:
    """The first active pairs, rising, and duals to start from."""
    open_pairs = np.flatnonzero(~problem.forbidden)
    duals, seat_dual = sampled_duals(problem, open_pairs, seed)
    if len(open_pairs) <= WHOLE:
        return open_pairs, duals
    chosen, duals.teacher = top_pairs(problem, duals, seat_dual)
    return chosen, duals


def violated(problem: PlanProblem, duals: Duals, active: Index, above: Array) -> Index:
    """Pairs beside `active` whose reduced value is above `above` (C,) of their course: one pass over all."""
    inside = np.zeros(len(problem.pairs), bool)
    inside[active] = True
    result = []
    for block in blocks(problem):
        value = LagrangianRelaxation.block_reduced(problem, block, duals)
        result.append(block[(value > above[problem.pairs.course[block]]) & ~inside[block]])
    return np.concatenate(result) if result else np.zeros(0, np.intp)


def warm_pairs(problem: PlanProblem, duals: Duals, active: Index, plan: Index) -> Index:
    """Of the active pairs those that small changes of duals may bring in, and those of a plan."""
    active = active[~problem.forbidden[active]]
    number = max(AROUND * len(plan), WHOLE)
    if len(active) > number:
        value = LagrangianRelaxation.block_reduced(problem, active, duals)
        active = active[np.argpartition(-value, number)[:number]]
    return np.unique(np.concatenate([active, plan[~problem.forbidden[plan]], np.flatnonzero(problem.fixed)]))


__all__ = ["WHOLE", "initial_pairs", "violated", "warm_pairs"]
