"""The Lagrangian relaxation: with every limit priced, each course decides alone.

Kept whole in a course: it is opened or not, and opened takes between low and high of its best pairs. Priced
are teachers, rows, tallies and repeated cover. That keeps "no seat without opening" as it is, so the bound
is that of the strong formulation (Geoffrion 1974), far below the one where a course may be opened in part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index, Mask, by_course
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT, PlanProblem
from recommender.planning.solver.duals import Duals


@dataclass(frozen=True)
class RelaxationResult:
    """The relaxation at some prices. bound: no plan is worth more. reduced (n,): what a pair is worth
    beyond all prices. taken (n,), opened (C,): the relaxed plan. profit (C,). margin (C,): price of a seat."""

    bound: float
    reduced: Array
    taken: Mask
    opened: Mask
    profit: Array
    margin: Array


class LagrangianRelaxation:
    """Over n of the pairs; the rest count as not worth more than `outside` each (None: there are none)."""

    def __init__(self, problem: PlanProblem, chosen: Index | None = None) -> None:
        pairs = problem.pairs
        if chosen is None:
            chosen = np.flatnonzero(~problem.closed)
        chosen = chosen[by_course(pairs.course[chosen], pairs.courses)]
        self.problem = problem
        self.chosen: Index = chosen
        self.teacher: Index = pairs.teacher[chosen].astype(np.intp)
        self.course: Index = pairs.course[chosen].astype(np.intp)
        self.worth: Array = pairs.worth[chosen].astype(np.float64)
        self.pinned = problem.pinned[chosen]
        self.pinned_rows = np.flatnonzero(self.pinned)
        self.first = np.searchsorted(self.course, np.arange(pairs.courses + 1))
        needs = range(pairs.cell.shape[1]) if len(problem.slots) > 1 else range(0)
        cells = [pairs.cell[chosen, g].astype(np.intp) for g in needs]
        used = np.zeros(pairs.cells if cells else 0, np.intp)
        for cell in cells:
            used += np.bincount(cell, minlength=pairs.cells)
        self.shared: Index = np.flatnonzero(used > 1)
        number = np.full(pairs.cells if cells else 0, -1, np.intp)
        number[self.shared] = np.arange(len(self.shared))
        self.cells: list[Index] = []
        self.parts: list[Array] = []
        self.owners: list[Index] = []
        for g, cell in zip(needs, cells, strict=True):
            part = pairs.share[chosen, g] * self.worth
            rows = np.flatnonzero((number[cell] >= 0) & (part > 0))
            self.owners.append(rows)
            self.cells.append(number[cell[rows]])
            self.parts.append(part[rows])
        allowed = np.bincount(pairs.course[~problem.closed], minlength=pairs.courses)
        self.elsewhere = allowed - np.diff(self.first)
        enough = (allowed >= problem.low) & (problem.high >= problem.low)
        self.possible = enough & (problem.state != SHUT)
        self.items = [tally.item(self.teacher, self.course) for tally in problem.tallies]
        self.lines = [
            None if rows.teacher_row is None else rows.teacher_row[self.teacher] for rows in problem.rows
        ]
        self.pin_count = np.bincount(self.course[self.pinned], minlength=pairs.courses)

    def reduced(self, prices: Duals) -> Array:
        """(n,) what each pair is worth beyond the prices of all that it uses."""
        found = self.worth - prices.teacher[self.teacher]
        found += self.cover_loss(prices)
        by_course = np.zeros(self.problem.pairs.courses)
        for rows, line, price in zip(self.problem.rows, self.lines, prices.rows, strict=True):
            if line is None:
                by_course += _course_price(rows.course_row, price, rows.use)
            elif price.any():
                there = np.where(line >= 0, price[line], 0.0)
                found -= there * rows.use[self.course]
        for tally, item, price in zip(self.problem.tallies, self.items, prices.tallies, strict=True):
            there = np.where(item >= 0, price[item], 0.0)
            found += there * tally.add[self.course]
        return np.asarray(found - by_course[self.course])

    @staticmethod
    def block_reduced(problem: PlanProblem, block: Index, prices: Duals) -> Array:
        """(n,) `reduced` of any pairs, without keeping anything of them."""
        pairs = problem.pairs
        t, c = pairs.teacher[block], pairs.course[block]
        found = pairs.worth[block] - prices.teacher[t]
        by_course = np.zeros(pairs.courses)
        for rows, price in zip(problem.rows, prices.rows, strict=True):
            if rows.teacher_row is None:
                by_course += _course_price(rows.course_row, price, rows.use)
            elif price.any():
                line = rows.teacher_row[t]
                found -= np.where(line >= 0, price[line], 0.0) * rows.use[c]
        for tally, price in zip(problem.tallies, prices.tallies, strict=True):
            item = tally.item(t, c)
            found += np.where(item >= 0, price[item], 0.0) * tally.add[c]
        if len(problem.slots) > 1:
            for g in range(pairs.cell.shape[1]):
                cell, part = pairs.cell[block, g], pairs.share[block, g] * pairs.worth[block]
                best = part * problem.slots[-1]
                for place in range(len(problem.slots) - 1):
                    best = np.maximum(best, part * problem.slots[place] - prices.cover[cell, place])
                found += best - part
        return np.asarray(found - by_course[c])

    def localized(self, prices: Duals) -> Duals:
        """A copy with the cover prices of shared cells only, which is quicker to work with."""
        found = prices.copy()
        if not prices.local and prices.cover.size:
            found.cover = prices.cover[self.shared]
        found.local = True
        return found

    def globalized(self, prices: Duals) -> Duals:
        """A copy with the cover prices of all cells."""
        found = prices.copy()
        if prices.local and len(self.problem.slots) > 1:
            found.cover = np.zeros((self.problem.pairs.cells, len(self.problem.slots) - 1))
            found.cover[self.shared] = prices.cover
        found.local = False
        return found

    def _cover(self, prices: Duals) -> Array:
        return prices.cover if prices.local or not prices.cover.size else prices.cover[self.shared]

    def cover_loss(self, prices: Duals) -> Array | float:
        """(n,) what a pair loses because its needs are covered by others as well; 0 or less."""
        if len(self.problem.slots) == 1:
            return 0.0
        cover = self._cover(prices)
        warm: Mask = np.asarray((cover > 0).any(axis=1))
        if not warm.any():
            return 0.0
        loss = np.zeros(len(self.worth))
        for owner, cell, part in zip(self.owners, self.cells, self.parts, strict=True):
            rows = np.flatnonzero(warm[cell])
            loss[owner[rows]] += self._best_slot(cover, cell[rows], part[rows])[0] - part[rows]
        return loss

    def _best_slot(self, cover: Array, cell: Index, part: Array) -> tuple[Array, Index]:
        """What each part is worth in its best slot after the slot's price, and which slot that is."""
        slots = self.problem.slots
        best = part * slots[-1]
        where = np.full(len(part), len(slots) - 1, np.intp)
        for place in range(len(slots) - 2, -1, -1):
            here = part * slots[place] - cover[cell, place]
            better = here >= best
            best = np.where(better, here, best)
            where[better] = place
        return best, where

    def opening(self, prices: Duals) -> Array:
        """(C,) the price of what opening each course uses."""
        total = np.zeros(self.problem.pairs.courses)
        for rows, price in zip(self.problem.rows, prices.rows, strict=True):
            if rows.open_use is not None:
                total += _course_price(rows.course_row, price, rows.open_use)
        return total

    def look(
        self, prices: Duals, state: NDArray[np.int8] | None = None, outside: float | None = None
    ) -> RelaxationResult:
        """The relaxed plan and its bound; `state` may open or shut more courses than the problem does."""
        problem = self.problem
        state = problem.state if state is None else state
        courses = problem.pairs.courses
        r = self.reduced(prices)
        fixed = self.opening(prices)
        taken = r > 0
        taken[self.pinned_rows] = True
        count = np.bincount(self.course[taken], minlength=courses)
        total = np.bincount(self.course[taken], r[taken], minlength=courses)
        live = self.possible & (state != SHUT)
        must = live & ((state == OPEN) | (self.pin_count > 0))
        margin = np.zeros(courses)
        for c in np.flatnonzero(live & (count > problem.high)):
            total[c], margin[c] = self._best(taken, r, int(c), int(problem.high[c]))
        for c in np.flatnonzero(live & (count < problem.low) & (must | (total > fixed))):
            total[c], margin[c] = self._best(taken, r, int(c), int(problem.low[c]), outside)
        profit = np.where(live, total - fixed, -np.inf)
        opened = must | (live & (profit > 0))
        taken &= opened[self.course]
        bound = float(profit[opened].sum()) + self._constant(prices)
        return RelaxationResult(bound, r, taken, opened, profit, margin)

    def _best(
        self, taken: Mask, r: Array, c: int, seats: int, outside: float | None = None
    ) -> tuple[float, float]:
        """Take exactly `seats` of course c, pinned ones first: their sum and the margin."""
        a, b = self.first[c], self.first[c + 1]
        value = r[a:b]
        key = np.where(self.pinned[a:b], np.inf, value)
        taken[a:b] = False
        order = np.argpartition(-key, seats - 1)[:seats] if 0 < seats < b - a else np.arange(b - a)[:seats]
        if seats > 0 and self.elsewhere[c] > 0 and outside is not None:
            order = order[(key[order] > outside)]
        taken[a + order] = True
        left = seats - len(order)
        total = float(value[order].sum()) + (left * outside if left and outside is not None else 0.0)
        rest = key.copy()
        rest[order] = -np.inf
        above = float(rest.max()) if len(order) < len(rest) else 0.0
        at = float(value[order].min()) if len(order) else 0.0
        return total, max(above, 0.0) if at > 0 else min(at, 0.0)

    def _constant(self, prices: Duals) -> float:
        problem = self.problem
        priced = prices.teacher > 0
        total = float((prices.teacher[priced] * problem.most[priced]).sum())
        total += float(prices.cover.sum())
        for rows, price in zip(problem.rows, prices.rows, strict=True):
            total += float((price * rows.limit).sum())
        for number, tally in enumerate(problem.tallies):
            total += float((np.maximum(self.left_over(prices, number), 0.0) * tally.cap).sum())
        return total

    def left_over(self, prices: Duals, number: int) -> Array:
        """(I,) what one count of each item of a tally is worth beyond its prices."""
        tally = self.problem.tallies[number]
        worth = tally.worth - prices.tallies[number]
        for rows, price in zip(self.problem.rows, prices.rows, strict=True):
            if rows.tally == number and rows.tally_row is not None and rows.tally_use is not None:
                there = np.where(rows.tally_row >= 0, price[rows.tally_row], 0.0)
                worth = worth - there * rows.tally_use
        return np.asarray(worth)

    def slacks(self, prices: Duals, look: RelaxationResult) -> Duals:
        """A subgradient at local prices: what the relaxed plan leaves of every limit (negative: too much)."""
        problem, taken = self.problem, look.taken
        t, c = self.teacher[taken], self.course[taken]
        teacher = np.where(np.isfinite(problem.most), problem.most, 0.0)
        teacher = teacher - np.where(np.isfinite(problem.most), np.bincount(t, minlength=len(teacher)), 0.0)
        cover = np.zeros_like(prices.cover)
        if cover.size:
            cover = 1.0 - self._slots_used(prices, taken)
        counts = [
            np.where(self.left_over(prices, k) > 0, tally.cap, 0.0) for k, tally in enumerate(problem.tallies)
        ]
        rows_left = []
        for rows, line in zip(problem.rows, self.lines, strict=True):
            row = rows.row(t, c) if line is None else line[taken]
            there = row >= 0
            used = np.bincount(row[there], rows.use[c[there]], minlength=len(rows.limit)).astype(np.float64)
            if rows.open_use is not None:
                for course in np.flatnonzero(look.opened):
                    if (place := rows.row_of_course(int(course))) >= 0:
                        used[place] += rows.open_use[course]
            if rows.tally is not None and rows.tally_row is not None and rows.tally_use is not None:
                here = rows.tally_row >= 0
                used += np.bincount(
                    rows.tally_row[here], (counts[rows.tally] * rows.tally_use)[here],
                    minlength=len(rows.limit),
                )  # fmt: skip
            rows_left.append(rows.limit - used)
        added = []
        for tally, item, count in zip(problem.tallies, self.items, counts, strict=True):
            there = taken & (item >= 0)
            add = np.bincount(item[there], tally.add[self.course[there]], minlength=len(tally.cap))
            added.append(np.asarray(add - count, dtype=np.float64))
        return Duals(teacher, cover, rows_left, added, True)

    def _slots_used(self, prices: Duals, taken: Mask) -> Array:
        cells, last = prices.cover.shape
        total = np.zeros(cells * last)
        for owner, cell, part in zip(self.owners, self.cells, self.parts, strict=True):
            rows = np.flatnonzero(taken[owner])
            mine = cell[rows]
            where = self._best_slot(prices.cover, mine, part[rows])[1]
            used = where < last
            total += np.bincount(mine[used] * last + where[used], minlength=cells * last)
        return total.reshape(cells, last)


def _course_price(course_row: Index | None, price: Array, use: Array) -> Array:
    if course_row is None:
        return np.asarray(price[0] * use)
    return np.asarray(np.where(course_row >= 0, price[course_row], 0.0) * use)


__all__ = ["FREE", "LagrangianRelaxation", "RelaxationResult"]
