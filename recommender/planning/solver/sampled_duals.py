"""Approximate duals from a sample of teachers, with limits and courses scaled down to match.

Twice where a city is large: a few teachers with all their pairs, then more of them with their best ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation
from recommender.planning.solver.subgradient import subgradient_ascent
from recommender.planning.solver.top_pairs import top_pairs

PAIRS: Final = 150_000  # of the sample, about
TEACHERS: Final = 16_000  # in the second round
STEPS: Final = 250
MORE: Final = 120


def sampled_duals(problem: PlanProblem, open_pairs: Index, seed: int) -> tuple[Duals, Array]:
    """Duals of constraints, and (C,) of seats; those of teachers and cover are 0."""
    duals = Duals.none(problem)
    budget = problem.budget_row()
    pairs = problem.pairs
    cost = budget.coef[pairs.course[open_pairs]]
    paid = cost > 0
    if paid.any():
        ratio = pairs.objective_coef[open_pairs[paid]] / cost[paid]
        duals.constraints[budget.name][:] = 0.3 * float(np.median(ratio))
    seat_dual = np.zeros(pairs.courses)
    share = len(open_pairs) // PAIRS
    if share < 2:
        return duals, seat_dual
    small = _shrunk(problem, share, seed)
    seat_dual = _learn(duals, small, LagrangianRelaxation(small), Duals.none(small), STEPS, budget.name)
    share = pairs.teachers // TEACHERS
    if len(open_pairs) > 8 * PAIRS and share >= 2:
        small = _shrunk(problem, share, seed + 1)
        start = Duals.none(small)
        _copy_shared(duals, start)
        chosen, start.teacher = top_pairs(small, start, seat_dual)
        seat_dual = _learn(duals, small, LagrangianRelaxation(small, chosen), start, MORE, None)
    return duals, seat_dual


def _learn(
    duals: Duals, small: PlanProblem, relaxation: LagrangianRelaxation, start: Duals, steps: int, budget: str | None
) -> Array:
    """Put the small problem's prices of rows into `prices`; its prices of seats. Rows of single teachers are
    left free: those of one teacher say nothing of another's."""
    if budget is not None:
        start.constraints[budget][:] = duals.constraints[budget]
    ascent = subgradient_ascent(relaxation, start, steps)
    _copy_shared(ascent.duals, duals)
    return np.maximum(relaxation.solve(ascent.duals).seat_dual, 0.0)


def _copy_shared(source: Duals, target: Duals) -> None:
    """Copy the duals of rows that both have; rows of single teachers differ in their keys."""
    for name, price in target.constraints.items():
        if target.keys[name] == source.keys[name]:
            price[:] = source.constraints[name]


def _shrunk(problem: PlanProblem, share: int, seed: int) -> PlanProblem:
    """One teacher in `share`, whole, numbered anew; seats, opening and limits divided by as much."""
    pairs = problem.pairs
    draw = np.random.default_rng(seed).permutation(pairs.teachers)[: max(pairs.teachers // share, 1)]
    inside = np.zeros(pairs.teachers, bool)
    inside[draw] = True
    rows = inside[pairs.teacher]
    number = np.cumsum(inside) - 1
    some = pairs.take(rows)
    cells, cell = np.unique(some.cell.ravel(), return_inverse=True)
    some = replace(
        some,
        teachers=int(inside.sum()),
        teacher=number[some.teacher].astype(np.int32),
        cell=cell.reshape(some.cell.shape).astype(np.int32),
        cells=len(cells),
    )
    return replace(
        problem,
        pairs=some,
        max_courses=problem.max_courses[inside],
        min_seats=problem.min_seats // share,
        max_seats=np.maximum(np.round(problem.max_seats / share), 1).astype(np.intp),
        state=np.minimum(problem.state, 0).astype(np.int8),
        constraints=tuple(_fewer(r, inside, share) for r in problem.constraints),
        count_variables=tuple(_counted(variable, inside) for variable in problem.count_variables),
        fixed=np.zeros(len(some), bool),
        forbidden=problem.forbidden[rows],
    )


def _fewer(block: LinearConstraints, inside: Mask, share: int) -> LinearConstraints:
    """A family's rows for these teachers: a teacher's own row stays as it is, shared ones get smaller."""
    own = block.teacher_row is not None and len(block.limit) == len(inside)
    if own:
        everybody = np.arange(int(inside.sum()))
        return replace(block, keys=(), limit=block.limit[inside], teacher_row=everybody)
    return replace(
        block,
        limit=block.limit / share,
        open_coef=None if block.open_coef is None else block.open_coef / share,
        teacher_row=None if block.teacher_row is None else block.teacher_row[inside],
        variable_row=None if block.variable_row is None else block.variable_row[inside],
        variable_coef=None if block.variable_coef is None else block.variable_coef[inside],
    )


def _counted(variable: CountVariables, inside: Mask) -> CountVariables:
    """Count variables of these teachers, numbered anew."""
    table = variable.table[inside]
    items = np.unique(table[table >= 0])
    number = np.full(len(variable.cap), -1, np.intp)
    number[items] = np.arange(len(items))
    return replace(
        variable,
        table=np.where(table >= 0, number[table], -1),
        cap=variable.cap[items],
        objective_coef=variable.objective_coef[items],
    )
