"""The problem as a mixed-integer program, whole or with most of a plan fixed.

Repeated cover: a pair's part counts with the last slot's weight, and with more where it has the cell's first,
second, ... slot to itself; given whole seats that part of the program is an assignment, so its variables
need not be integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.plan_problem import FREE, OPEN, PlanProblem

STRONG: int = 60_000  # columns up to which "no seat without opening" is written pair by pair


@dataclass
class MipModel:
    """Columns: the pairs `seats`, then the courses `courses`, then slots, then count variables. Maximise `objective_coef`."""

    seats: Index
    courses: Index
    objective_coef: Array
    lower: Array
    upper: Array
    whole: Mask
    matrix: sp.csr_matrix
    row_lower: Array
    row_upper: Array
    constant: float
    names: list[str]


@dataclass
class _Draft:
    row: list[Index] = field(default_factory=list)
    col: list[Index] = field(default_factory=list)
    coef: list[Array] = field(default_factory=list)
    low: list[Array] = field(default_factory=list)
    high: list[Array] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: int = 0

    def add(self, row: Index, col: Index, coef: Array, low: Array, high: Array | Index, name: str) -> None:
        """len(low) rows; `row` counts from 0 within them."""
        self.row.append(np.asarray(row) + self.rows)
        self.col.append(np.asarray(col))
        self.coef.append(np.asarray(coef, np.float64))
        self.low.append(np.asarray(low, np.float64))
        self.high.append(np.asarray(high, np.float64))
        self.names += [name] * len(low)
        self.rows += len(low)


def build(problem: PlanProblem, free: Index, fixed_pairs: Index, opened: Mask | None = None) -> MipModel:
    """free: pairs to decide; fixed_pairs: chosen pairs that stay. opened (C,): the courses are decided already."""
    pairs = problem.pairs
    is_fixed = np.zeros(len(pairs), bool)
    is_fixed[fixed_pairs] = True
    free = free[~is_fixed[free]]
    is_free = np.zeros(pairs.teachers, bool)
    is_free[pairs.teacher[free]] = len(problem.slots) > 1
    shared = is_free[pairs.teacher[fixed_pairs]]
    beside, aside = fixed_pairs[shared], fixed_pairs[~shared]
    seats = np.concatenate([free, beside]).astype(np.intp)
    courses = np.flatnonzero(problem.state != -1) if opened is None else np.zeros(0, np.intp)
    n, c = len(seats), len(courses)
    t_of, c_of = pairs.teacher[seats].astype(np.intp), pairs.course[seats].astype(np.intp)
    part = pairs.share[seats].astype(np.float64) * pairs.objective_coef[seats, None]
    cell = pairs.cell[seats].astype(np.intp)
    lone, slot_pair, slot_cell, slot_place, slot_worth = _slots(part, cell, problem.slots)
    sizes = [len(variable.cap) for variable in problem.count_variables]
    starts = np.cumsum([n + c + len(slot_pair), *sizes])
    total = int(starts[-1])
    objective_coef = np.zeros(total)
    objective_coef[:n] = (part * np.where(lone, problem.slots[0], problem.slots[-1])).sum(axis=1)
    objective_coef[n + c : n + c + len(slot_pair)] = slot_worth
    lower, upper = np.zeros(total), np.ones(total)
    lower[len(free) : n] = 1.0
    lower[:n][problem.fixed[seats]] = 1.0
    upper[:n][problem.forbidden[seats] & ~problem.fixed[seats]] = 0.0
    lower[n : n + c] = problem.state[courses] == OPEN
    for start, variable in zip(starts[:-1], problem.count_variables, strict=True):
        objective_coef[start : start + len(variable.cap)] = variable.objective_coef
        upper[start : start + len(variable.cap)] = variable.cap
    draft = _Draft()
    place_of = np.full(pairs.courses, -1, np.intp)
    place_of[courses] = np.arange(c) + n
    _teachers(draft, problem, t_of, aside)
    _courses(draft, problem, c_of, place_of, aside, opened)
    _constraints(draft, problem, t_of, c_of, aside, courses, opened, n, starts)
    if len(slot_pair):
        col = n + c + np.arange(len(slot_pair))
        owner, k = np.unique(slot_pair, return_inverse=True)
        draft.add(np.r_[k, np.arange(len(owner))], np.r_[col, owner // part.shape[1]],
                  np.r_[np.ones(len(k)), -np.ones(len(owner))], np.full(len(owner), -np.inf),
                  np.zeros(len(owner)), "slot of a seat")  # fmt: skip
        code = slot_cell * len(problem.slots) + slot_place
        kinds, k = np.unique(code, return_inverse=True)
        draft.add(k, col, np.ones(len(k)), np.full(len(kinds), -np.inf), np.ones(len(kinds)), "slot")
    if opened is None and n <= STRONG:
        k = np.arange(n)
        draft.add(np.r_[k, k], np.r_[k, place_of[c_of]], np.r_[np.ones(n), -np.ones(n)],
                  np.full(n, -np.inf), np.zeros(n), "opened")  # fmt: skip
    matrix = sp.csr_matrix(
        (np.concatenate(draft.coef), (np.concatenate(draft.row), np.concatenate(draft.col))),
        shape=(draft.rows, total),
    )
    whole = np.zeros(total, bool)
    whole[: n + c] = True
    return MipModel(
        seats, courses, objective_coef, lower, upper, whole, matrix, np.concatenate(draft.low),
        np.concatenate(draft.high), problem.value(aside), draft.names,
    )  # fmt: skip


def _slots(part: Array, cell: Index, slots: Array) -> tuple[Mask, Index, Index, Index, Array]:
    """Which parts are alone in their cell, and the slot variables of the others."""
    if len(slots) == 1:
        none = np.zeros(0, np.intp)
        return np.ones(part.shape, bool), none, none, none, np.zeros(0)
    mask = part > 0
    _, back, number = np.unique(cell[mask], return_inverse=True, return_counts=True)
    lone = np.ones(part.shape, bool)
    lone[mask] = number[back] == 1
    pair, need = np.nonzero(mask & ~lone)
    key = pair * part.shape[1] + need
    place = np.arange(len(slots) - 1)
    objective_coef = part[pair, need][:, None] * (slots[:-1] - slots[-1])[None, :]
    return (
        lone, np.repeat(key, len(place)), np.repeat(cell[pair, need], len(place)),
        np.tile(place, len(pair)), objective_coef.ravel(),
    )  # fmt: skip


def _teachers(draft: _Draft, problem: PlanProblem, t_of: Index, aside: Index) -> None:
    pairs = problem.pairs
    used = np.bincount(pairs.teacher[aside], minlength=pairs.teachers)
    who, k = np.unique(t_of, return_inverse=True)
    limited = np.isfinite(problem.max_courses[who])
    mask = limited[k]
    new = np.cumsum(limited) - 1
    left = (problem.max_courses[who] - used[who])[limited]
    draft.add(new[k[mask]], np.flatnonzero(mask), np.ones(int(mask.sum())), np.full(len(left), -np.inf),
              left, "courses_each")  # fmt: skip


def _courses(
    draft: _Draft, problem: PlanProblem, c_of: Index, place_of: Index, aside: Index, opened: Mask | None
) -> None:
    pairs = problem.pairs
    used = np.bincount(pairs.course[aside], minlength=pairs.courses).astype(np.float64)
    if opened is not None:
        which, k = np.unique(c_of, return_inverse=True)
        low, high = problem.min_seats[which] - used[which], problem.max_seats[which] - used[which]
        forbidden = ~opened[which]
        low[forbidden] = high[forbidden] = 0.0
        draft.add(k, np.arange(len(k)), np.ones(len(k)), np.maximum(low, 0.0), high, "seats")
        return
    courses = np.flatnonzero(place_of >= 0)
    number = np.full(pairs.courses, -1, np.intp)
    number[courses] = np.arange(len(courses))
    row = np.r_[number[c_of], np.arange(len(courses))]
    col = np.r_[np.arange(len(c_of)), place_of[courses]]
    none, ones = np.full(len(courses), -np.inf), np.ones(len(c_of))
    draft.add(row, col, np.r_[ones, -problem.max_seats[courses].astype(float)], none, -used[courses], "seats")
    draft.add(row, col, np.r_[-ones, problem.min_seats[courses].astype(float)], none, used[courses], "seats")


def _constraints(
    draft: _Draft, problem: PlanProblem, t_of: Index, c_of: Index, aside: Index, courses: Index,
    opened: Mask | None, n: int, starts: Array,
) -> None:  # fmt: skip
    pairs = problem.pairs
    given_open = np.zeros(pairs.courses, bool) if opened is None else opened
    for number, variable in enumerate(problem.count_variables):
        item = variable.item(t_of, c_of)
        mask = item >= 0
        size = len(variable.cap)
        already = np.zeros(size)
        t, c = pairs.teacher[aside].astype(np.intp), pairs.course[aside].astype(np.intp)
        done = variable.item(t, c)
        np.add.at(already, done[done >= 0], variable.add[c[done >= 0]])
        draft.add(np.r_[item[mask], np.arange(size)],
                  np.r_[np.flatnonzero(mask), starts[number] + np.arange(size)],
                  np.r_[-variable.add[c_of[mask]], np.ones(size)], np.full(size, -np.inf), already,
                  variable.name)  # fmt: skip
    numbers = {variable.name: number for number, variable in enumerate(problem.count_variables)}
    for block in problem.constraints:
        row = block.row(t_of, c_of)
        mask = (row >= 0) & (block.coef[c_of] != 0)
        parts = [(row[mask], np.flatnonzero(mask), block.coef[c_of[mask]])]
        if block.open_coef is not None and len(courses):
            place = np.array([block.row_of_course(int(c)) for c in courses], np.intp)
            mask = place >= 0
            parts.append((place[mask], n + np.flatnonzero(mask), block.open_coef[courses[mask]]))
        limit = block.limit.astype(np.float64)
        if block.variable is None:
            limit = limit - problem.used(block, aside, given_open)
        elif block.variable_row is not None and block.variable_coef is not None:
            mask = block.variable_row >= 0
            parts.append(
                (block.variable_row[mask], starts[numbers[block.variable]] + np.flatnonzero(mask), block.variable_coef[mask])
            )
        row, col, coef = (np.concatenate(p) for p in zip(*parts, strict=True))
        draft.add(row, col, coef, np.full(len(limit), -np.inf), limit, block.name)


__all__ = ["FREE", "MipModel", "build"]
