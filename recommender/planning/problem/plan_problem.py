"""The planning problem as the solvers see it.

maximise   sum over (teacher, need) cells of  slots[0] x largest part + slots[1] x next + ...
           + objective_coef of count variables
subject to linear constraints;  min_seats <= seats of an opened course <= max_seats;  max_courses a teacher;
           fixed pairs chosen, forbidden pairs not;  courses open or shut where `state` says so
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Index, Mask
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints

OPEN, FREE, SHUT = 1, 0, -1
BUDGET = "budget"


@dataclass(frozen=True)
class PlanProblem:
    """slots (S,): weight of the first, second, ... cover of one need, falling; the last one repeats.

    max_courses (N,): courses a teacher, inf for no limit. min_seats, max_seats (C,): of an opened course.
    state (C,): OPEN must open, SHUT must not, FREE. fixed, forbidden (P,): pairs that must and must not be chosen.
    """

    pairs: CandidatePairs
    slots: Array
    max_courses: Array
    min_seats: Index
    max_seats: Index
    state: NDArray[np.int8]
    constraints: tuple[LinearConstraints, ...]
    count_variables: tuple[CountVariables, ...]
    fixed: Mask
    forbidden: Mask

    def value(self, chosen: Index) -> float:
        """The objective of these pairs."""
        return covered(self.pairs, chosen, self.slots, self.pairs.objective_coef) + self.count_value(chosen)

    def count_value(self, chosen: Index) -> float:
        """The part of the objective that count variables add."""
        total = 0.0
        for variable in self.count_variables:
            if variable.objective_coef.any():
                total += float((self.counts(variable, chosen) * variable.objective_coef).sum())
        return total

    def counts(self, variable: CountVariables, chosen: Index) -> Array:
        """(I,) the counts of these pairs."""
        t, c = self.pairs.teacher[chosen], self.pairs.course[chosen]
        item = variable.item(t, c)
        mask = item >= 0
        added = np.bincount(item[mask], variable.add[c[mask]], minlength=len(variable.cap))
        return np.minimum(added, variable.cap)

    def used(self, block: LinearConstraints, chosen: Index, opened: Mask) -> Array:
        """(R,) left-hand sides of a block of constraints."""
        t, c = self.pairs.teacher[chosen], self.pairs.course[chosen]
        row = block.row(t, c)
        mask = row >= 0
        total = np.bincount(row[mask], block.coef[c[mask]], minlength=len(block.limit)).astype(np.float64)
        if block.open_coef is not None:
            for course in np.flatnonzero(opened):
                if (opening_row := block.row_of_course(int(course))) >= 0:
                    total[opening_row] += block.open_coef[course]
        if block.variable is not None and block.variable_row is not None and block.variable_coef is not None:
            counted = self.counts(self.variable(block.variable), chosen) * block.variable_coef
            mask = block.variable_row >= 0
            total += np.bincount(block.variable_row[mask], counted[mask], minlength=len(block.limit))
        return total

    def variable(self, name: str) -> CountVariables:
        """The count variables of this name; raises StopIteration for an unknown one."""
        return next(variable for variable in self.count_variables if variable.name == name)

    def blocks(self, constraint: str) -> tuple[LinearConstraints, ...]:
        """The linear constraints that one constraint of the registry has built: `constraint` or `constraint/...`."""
        return tuple(b for b in self.constraints if b.name.partition("/")[0] == constraint)

    def budget_row(self) -> LinearConstraints:
        """The budget."""
        return next(block for block in self.constraints if block.name == BUDGET)


def covered(pairs: CandidatePairs, chosen: Index, slots: Array, amount: NDArray[np.floating]) -> float:
    """Sum of `amount` (P,) over the chosen pairs, repeated cover of one need weighted by `slots`."""
    if not len(chosen):
        return 0.0
    parts = (pairs.share[chosen].astype(np.float64) * amount[chosen, None].astype(np.float64)).ravel()
    return float((parts * slots[places(pairs.cell[chosen].ravel(), parts, len(slots))]).sum())


def places(cell: NDArray[np.integer], parts: Array, slots: int) -> Index:
    """(n,) rank of each part within its cell: 0 for the largest, 1 for the next and so on, at most slots - 1."""
    order = np.lexsort((-parts, cell))
    ordered = cell[order]
    start = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(order)) - np.repeat(start, np.diff(np.r_[start, len(order)]))
    result = np.empty(len(order), np.intp)
    result[order] = np.minimum(rank, slots - 1)
    return result
