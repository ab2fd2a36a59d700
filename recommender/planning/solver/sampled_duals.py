"""Rough prices, quickly: of every so-manieth teacher, with limits and courses made smaller to match.

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
from recommender.planning.solver.top_pairs import best_each

PAIRS: Final = 150_000  # about as many are looked at
TEACHERS: Final = 16_000  # in the second round
STEPS: Final = 250
MORE: Final = 120


def sampled_duals(problem: PlanProblem, open_pairs: Index, seed: int) -> tuple[Duals, Array]:
    """Prices of rows, and (C,) of seats; teachers and cover are free."""
    prices = Duals.none(problem)
    budget = problem.budget_row()
    number = problem.rows.index(budget)
    pairs = problem.pairs
    cost = budget.use[pairs.course[open_pairs]]
    paid = cost > 0
    if paid.any():
        ratio = pairs.worth[open_pairs[paid]] / cost[paid]
        prices.rows[number][:] = 0.3 * float(np.median(ratio))
    margin = np.zeros(pairs.courses)
    share = len(open_pairs) // PAIRS
    if share < 2:
        return prices, margin
    small = _shrunk(problem, share, seed)
    margin = _learn(prices, small, LagrangianRelaxation(small), Duals.none(small), STEPS, number)
    share = pairs.teachers // TEACHERS
    if len(open_pairs) > 8 * PAIRS and share >= 2:
        small = _shrunk(problem, share, seed + 1)
        start = Duals.none(small)
        for mine, known in zip(start.rows, prices.rows, strict=True):
            if mine.shape == known.shape:
                mine[:] = known
        chosen, start.teacher = best_each(small, start, margin)
        margin = _learn(prices, small, LagrangianRelaxation(small, chosen), start, MORE, None)
    return prices, margin


def _learn(
    prices: Duals, small: PlanProblem, relaxation: LagrangianRelaxation, start: Duals, steps: int, number: int | None
) -> Array:
    """Put the small problem's prices of rows into `prices`; its prices of seats. Rows of single teachers are
    left free: those of one teacher say nothing of another's."""
    if number is not None:
        start.rows[number][:] = prices.rows[number]
    went = subgradient_ascent(relaxation, start, steps)
    for mine, found in zip(prices.rows, went.prices.rows, strict=True):
        if mine.shape == found.shape:
            mine[:] = found
    return np.maximum(relaxation.look(went.prices).margin, 0.0)


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
        most=problem.most[inside],
        low=problem.low // share,
        high=np.maximum(np.round(problem.high / share), 1).astype(np.intp),
        state=np.minimum(problem.state, 0).astype(np.int8),
        rows=tuple(_fewer(r, inside, share) for r in problem.rows),
        tallies=tuple(_counted(tally, inside) for tally in problem.tallies),
        pinned=np.zeros(len(some), bool),
        closed=problem.closed[rows],
    )


def _fewer(rows: LinearConstraints, inside: Mask, share: int) -> LinearConstraints:
    """A family's rows for these teachers: a teacher's own row stays as it is, shared ones get smaller."""
    own = rows.teacher_row is not None and len(rows.limit) == len(inside)
    if own:
        everybody = np.arange(int(inside.sum()))
        return replace(rows, keys=(), limit=rows.limit[inside], teacher_row=everybody)
    return replace(
        rows,
        limit=rows.limit / share,
        open_use=None if rows.open_use is None else rows.open_use / share,
        teacher_row=None if rows.teacher_row is None else rows.teacher_row[inside],
        tally_row=None if rows.tally_row is None else rows.tally_row[inside],
        tally_use=None if rows.tally_use is None else rows.tally_use[inside],
    )


def _counted(tally: CountVariables, inside: Mask) -> CountVariables:
    """A tally of these teachers' items, numbered anew."""
    table = tally.table[inside]
    items = np.unique(table[table >= 0])
    number = np.full(len(tally.cap), -1, np.intp)
    number[items] = np.arange(len(items))
    return replace(
        tally, table=np.where(table >= 0, number[table], -1), cap=tally.cap[items], worth=tally.worth[items]
    )
