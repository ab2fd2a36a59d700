"""The planning problem as the solvers see it: pairs, seats of courses, rows and tallies.

maximise   sum over teachers and needs of  slots[0] x largest part + slots[1] x next + ...
           + worth of tallies
subject to rows;  seats of an opened course between low and high;  most courses each;
           pinned pairs given, closed pairs not, courses open or shut where `state` says so
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Index, Mask
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints

OPEN, FREE, SHUT = 1, 0, -1


@dataclass(frozen=True)
class PlanProblem:
    """slots (S,): worth of the first, second, ... cover of one need, falling; the last one repeats.

    most (N,): courses each, inf for no limit. low, high (C,): seats where a course is opened. state (C,):
    OPEN must be, SHUT must not, FREE. pinned, closed (P,).
    """

    pairs: CandidatePairs
    slots: Array
    most: Array
    low: Index
    high: Index
    state: NDArray[np.int8]
    rows: tuple[LinearConstraints, ...]
    tallies: tuple[CountVariables, ...]
    pinned: Mask
    closed: Mask

    def value(self, chosen: Index) -> float:
        """What the plan counts for these pairs."""
        return covered(self.pairs, chosen, self.slots, self.pairs.worth) + self.tallied(chosen)

    def tallied(self, chosen: Index) -> float:
        """The worth of what the tallies count."""
        total = 0.0
        for tally in self.tallies:
            if tally.worth.any():
                total += float((self.counts(tally, chosen) * tally.worth).sum())
        return total

    def counts(self, tally: CountVariables, chosen: Index) -> Array:
        """(I,) what is counted of each item."""
        t, c = self.pairs.teacher[chosen], self.pairs.course[chosen]
        item = tally.item(t, c)
        there = item >= 0
        added = np.bincount(item[there], tally.add[c[there]], minlength=len(tally.cap))
        return np.minimum(added, tally.cap)

    def used(self, rows: LinearConstraints, chosen: Index, opened: Mask) -> Array:
        """(R,) what a plan uses of a family's rows."""
        t, c = self.pairs.teacher[chosen], self.pairs.course[chosen]
        row = rows.row(t, c)
        there = row >= 0
        total = np.bincount(row[there], rows.use[c[there]], minlength=len(rows.limit)).astype(np.float64)
        if rows.open_use is not None:
            for course in np.flatnonzero(opened):
                if (place := rows.row_of_course(int(course))) >= 0:
                    total[place] += rows.open_use[course]
        if rows.tally is not None and rows.tally_row is not None and rows.tally_use is not None:
            counted = self.counts(self.tallies[rows.tally], chosen) * rows.tally_use
            here = rows.tally_row >= 0
            total += np.bincount(rows.tally_row[here], counted[here], minlength=len(rows.limit))
        return total

    def budget_row(self) -> LinearConstraints:
        """The family that is the budget."""
        return next(rows for rows in self.rows if rows.name == "budget")


def covered(pairs: CandidatePairs, chosen: Index, slots: Array, amount: NDArray[np.floating]) -> float:
    """Sum of `amount` (P,) over the chosen pairs, repeated cover of one need counting by `slots`."""
    if not len(chosen):
        return 0.0
    parts = (pairs.share[chosen].astype(np.float64) * amount[chosen, None].astype(np.float64)).ravel()
    return float((parts * slots[places(pairs.cell[chosen].ravel(), parts, len(slots))]).sum())


def places(cell: NDArray[np.integer], parts: Array, slots: int) -> Index:
    """(n,) 0 for the largest part of its cell, 1 for the next and so on, at most slots - 1."""
    order = np.lexsort((-parts, cell))
    ordered = cell[order]
    new = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    run = np.arange(len(order)) - np.repeat(new, np.diff(np.r_[new, len(order)]))
    found = np.empty(len(order), np.intp)
    found[order] = np.minimum(run, slots - 1)
    return found
