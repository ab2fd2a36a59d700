"""Each teacher's pairs of highest reduced value, over all pairs block by block."""

from __future__ import annotations

from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index, merged
from recommender.planning.problem.plan_problem import OPEN, SHUT, PlanProblem
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation

BLOCK: Final = 2_000_000  # pairs priced at once
EACH: Final = 6  # pairs a teacher beyond the courses she may take
MOST: Final = 4  # courses each that are assumed where there is no limit


def blocks(problem: PlanProblem) -> list[Index]:
    """All pairs that are not forbidden, in order."""
    every = np.flatnonzero(~problem.forbidden)
    return [every[start : start + BLOCK] for start in range(0, max(len(every), 1), BLOCK)]


def top_pairs(problem: PlanProblem, duals: Duals, seat_dual: Array) -> tuple[Index, Array]:
    """Pairs, rising: each teacher's best at these duals of constraints and (C,) of seats, with enough for every course to
    be held; and (N,) duals of teachers to start from, each the reduced value of her first course too many.
    """
    pairs = problem.pairs
    free = duals.copy()
    free.teacher[:] = 0.0
    rows_of, values = [], []
    for block in blocks(problem):
        value = LagrangianRelaxation.block_reduced(problem, block, free) - seat_dual[pairs.course[block]]
        good = np.flatnonzero(value > 0)
        rows_of.append(block[good])
        values.append(value[good].astype(np.float32))
    rows, value = np.concatenate(rows_of), np.concatenate(values)
    max_courses = np.where(np.isfinite(problem.max_courses), np.minimum(problem.max_courses, 20), MOST).astype(np.intp)
    teacher = pairs.teacher[rows]
    order = np.lexsort((-value, teacher))
    place = run_places(teacher[order])
    mask = place < (max_courses + EACH)[teacher[order]]
    start = np.zeros(pairs.teachers)
    next_one = order[place == max_courses[teacher[order]]]
    start[teacher[next_one]] = value[next_one]
    start[~np.isfinite(problem.max_courses)] = 0.0
    chosen = rows[order[mask]]
    extra = _enough(problem, chosen, rows, value)
    fixed = np.flatnonzero(problem.fixed)
    return merged(len(pairs), chosen, extra, fixed), start


def _enough(problem: PlanProblem, chosen: Index, rows: Index, value: Array) -> Index:
    """The best pairs of courses that `chosen` would not fill, and of courses that must be held."""
    pairs = problem.pairs
    count = np.bincount(pairs.course[chosen], minlength=pairs.courses)
    thin = (count < 2 * problem.min_seats) & (problem.state != SHUT)
    own = np.flatnonzero(thin[pairs.course[rows]])
    course = pairs.course[rows[own]]
    order = np.lexsort((-value[own], course))
    extra = [rows[own[order[run_places(course[order]) < 2 * problem.min_seats[course[order]]]]]]
    for c in np.flatnonzero(problem.state == OPEN):
        every = np.flatnonzero((pairs.course == c) & ~problem.forbidden)
        best = np.argsort(-pairs.objective_coef[every], kind="stable")[: int(max(4 * problem.min_seats[c], problem.max_seats[c]))]
        extra.append(every[best])
    return np.concatenate(extra)


def run_places(codes: np.ndarray) -> Index:
    """(n,) place of each row within its run of equal codes, from 0."""
    if not len(codes):
        return np.zeros(0, np.intp)
    new = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    return np.asarray(np.arange(len(codes)) - np.repeat(new, np.diff(np.r_[new, len(codes)])), np.intp)
