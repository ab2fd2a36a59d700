"""Rough prices, quickly: of every so-manieth teacher, with limits and courses made smaller to match.

Twice where a city is large: a few teachers with all their pairs, then more of them with their best ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from recommender.plan.ascent import ascend
from recommender.plan.choice import best_each
from recommender.plan.pairs import Array, Index
from recommender.plan.prices import Prices
from recommender.plan.problem import Problem
from recommender.plan.relaxation import Relaxation

PAIRS: Final = 150_000  # about as many are looked at
TEACHERS: Final = 16_000  # in the second round
STEPS: Final = 250
MORE: Final = 120


def rough_prices(problem: Problem, open_pairs: Index, seed: int) -> tuple[Prices, Array]:
    """Prices of rows, and (C,) of seats; teachers and cover are free."""
    prices = Prices.none(problem)
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
    margin = _learn(prices, small, Relaxation(small), Prices.none(small), STEPS, number)
    share = pairs.teachers // TEACHERS
    if len(open_pairs) > 8 * PAIRS and share >= 2:
        small = _shrunk(problem, share, seed + 1)
        start = Prices.none(small)
        start.rows = [price.copy() for price in prices.rows]
        chosen, start.teacher = best_each(small, start, margin)
        margin = _learn(prices, small, Relaxation(small, chosen), start, MORE, None)
    return prices, margin


def _learn(
    prices: Prices, small: Problem, relaxation: Relaxation, start: Prices, steps: int, number: int | None
) -> Array:
    """Put the small problem's prices of rows into `prices`; its prices of seats."""
    if number is not None:
        start.rows[number][:] = prices.rows[number]
    went = ascend(relaxation, start, steps)
    for mine, found in zip(prices.rows, went.prices.rows, strict=True):
        mine[:] = found
    return np.maximum(relaxation.look(went.prices).margin, 0.0)


def _shrunk(problem: Problem, share: int, seed: int) -> Problem:
    """One teacher in `share`, whole; seats, opening and limits divided by as much."""
    pairs = problem.pairs
    draw = np.random.default_rng(seed).permutation(pairs.teachers)[: max(pairs.teachers // share, 1)]
    inside = np.zeros(pairs.teachers, bool)
    inside[draw] = True
    rows = inside[pairs.teacher]
    return replace(
        problem,
        pairs=pairs.take(rows),
        low=problem.low // share,
        high=np.maximum(np.round(problem.high / share), 1).astype(np.intp),
        state=np.minimum(problem.state, 0).astype(np.int8),
        rows=tuple(
            replace(r, limit=r.limit / share, open_use=None if r.open_use is None else r.open_use / share)
            for r in problem.rows
        ),
        pinned=np.zeros(int(rows.sum()), bool),
        closed=problem.closed[rows],
    )
