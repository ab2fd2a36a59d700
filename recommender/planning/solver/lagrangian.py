"""The Lagrangian relaxation: with every coupling constraint dualised, each course is a problem of its own.

A subproblem opens its course or not and then takes between min_seats and max_seats of its best pairs. Dualised are
courses a teacher, linear constraints, count variables and repeated cover. "No seat without opening" stays in the
subproblem, so the bound is that of the strong formulation (Geoffrion 1974), far below that of a course opened in part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index, Mask, by_course
from recommender.planning.problem.linear_constraints import CountVariables
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT, PlanProblem
from recommender.planning.solver.duals import Duals


@dataclass(frozen=True)
class RelaxationResult:
    """The relaxation at some duals. bound: upper bound on the objective. reduced (n,): objective coefficient of a pair
    less the duals of all that it uses. taken (n,), opened (C,): the relaxed plan. profit (C,): what opening a course
    adds to the bound. seat_dual (C,): of one seat more; below 0 where fewest seats bind."""

    bound: float
    reduced: Array
    taken: Mask
    opened: Mask
    profit: Array
    seat_dual: Array


class LagrangianRelaxation:
    """Over n of the pairs; each other pair has a reduced value of at most `outside` (None: there are no others)."""

    def __init__(self, problem: PlanProblem, chosen: Index | None = None) -> None:
        pairs = problem.pairs
        if chosen is None:
            chosen = np.flatnonzero(~problem.forbidden)
        chosen = chosen[by_course(pairs.course[chosen], pairs.courses)]
        self.problem = problem
        self.chosen: Index = chosen
        self.teacher: Index = pairs.teacher[chosen].astype(np.intp)
        self.course: Index = pairs.course[chosen].astype(np.intp)
        self.objective_coef: Array = pairs.objective_coef[chosen].astype(np.float64)
        self.fixed = problem.fixed[chosen]
        self.fixed_rows = np.flatnonzero(self.fixed)
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
            part = pairs.share[chosen, g] * self.objective_coef
            rows = np.flatnonzero((number[cell] >= 0) & (part > 0))
            self.owners.append(rows)
            self.cells.append(number[cell[rows]])
            self.parts.append(part[rows])
        allowed = np.bincount(pairs.course[~problem.forbidden], minlength=pairs.courses)
        self.elsewhere = allowed - np.diff(self.first)
        enough = (allowed >= problem.min_seats) & (problem.max_seats >= problem.min_seats)
        self.possible = enough & (problem.state != SHUT)
        self.items = {v.name: v.item(self.teacher, self.course) for v in problem.count_variables}
        self.lines = [
            None if block.teacher_row is None else block.teacher_row[self.teacher] for block in problem.constraints
        ]
        self.fixed_count = np.bincount(self.course[self.fixed], minlength=pairs.courses)

    def reduced(self, duals: Duals) -> Array:
        """(n,) the objective coefficient of each pair less the duals of all that it uses."""
        result = self.objective_coef - duals.teacher[self.teacher]
        result += self.cover_loss(duals)
        by_course = np.zeros(self.problem.pairs.courses)
        for block, line in zip(self.problem.constraints, self.lines, strict=True):
            price = duals.constraints[block.name]
            if line is None:
                by_course += _course_price(block.course_row, price, block.coef)
            elif price.any():
                mask = np.where(line >= 0, price[line], 0.0)
                result -= mask * block.coef[self.course]
        for variable in self.problem.count_variables:
            item = self.items[variable.name]
            price = np.where(item >= 0, duals.count_variables[variable.name][item], 0.0)
            result += price * variable.add[self.course]
        return np.asarray(result - by_course[self.course])

    @staticmethod
    def block_reduced(problem: PlanProblem, subset: Index, duals: Duals) -> Array:
        """(n,) `reduced` of any pairs, without a relaxation over them."""
        pairs = problem.pairs
        t, c = pairs.teacher[subset], pairs.course[subset]
        result = pairs.objective_coef[subset] - duals.teacher[t]
        by_course = np.zeros(pairs.courses)
        for block in problem.constraints:
            price = duals.constraints[block.name]
            if block.teacher_row is None:
                by_course += _course_price(block.course_row, price, block.coef)
            elif price.any():
                line = block.teacher_row[t]
                result -= np.where(line >= 0, price[line], 0.0) * block.coef[c]
        for variable in problem.count_variables:
            item = variable.item(t, c)
            result += np.where(item >= 0, duals.count_variables[variable.name][item], 0.0) * variable.add[c]
        if len(problem.slots) > 1:
            for g in range(pairs.cell.shape[1]):
                cell, part = pairs.cell[subset, g], pairs.share[subset, g] * pairs.objective_coef[subset]
                best = part * problem.slots[-1]
                for place in range(len(problem.slots) - 1):
                    best = np.maximum(best, part * problem.slots[place] - duals.cover[cell, place])
                result += best - part
        return np.asarray(result - by_course[c])

    def localized(self, duals: Duals) -> Duals:
        """A copy with the cover duals of shared cells only, which are fewer."""
        result = duals.copy()
        if not duals.local and duals.cover.size:
            result.cover = duals.cover[self.shared]
        result.local = True
        return result

    def globalized(self, duals: Duals) -> Duals:
        """A copy with the cover duals of all cells."""
        result = duals.copy()
        if duals.local and len(self.problem.slots) > 1:
            result.cover = np.zeros((self.problem.pairs.cells, len(self.problem.slots) - 1))
            result.cover[self.shared] = duals.cover
        result.local = False
        return result

    def _cover(self, duals: Duals) -> Array:
        return duals.cover if duals.local or not duals.cover.size else duals.cover[self.shared]

    def cover_loss(self, duals: Duals) -> Array | float:
        """(n,) what a pair loses because its needs are covered by others as well; 0 or less."""
        if len(self.problem.slots) == 1:
            return 0.0
        cover = self._cover(duals)
        warm: Mask = np.asarray((cover > 0).any(axis=1))
        if not warm.any():
            return 0.0
        loss = np.zeros(len(self.objective_coef))
        for owner, cell, part in zip(self.owners, self.cells, self.parts, strict=True):
            rows = np.flatnonzero(warm[cell])
            loss[owner[rows]] += self._best_slot(cover, cell[rows], part[rows])[0] - part[rows]
        return loss

    def _best_slot(self, cover: Array, cell: Index, part: Array) -> tuple[Array, Index]:
        """The best value of each part over slots, less the dual of the slot, and that slot."""
        slots = self.problem.slots
        best = part * slots[-1]
        slot = np.full(len(part), len(slots) - 1, np.intp)
        for place in range(len(slots) - 2, -1, -1):
            value = part * slots[place] - cover[cell, place]
            better = value >= best
            best = np.where(better, value, best)
            slot[better] = place
        return best, slot

    def opening(self, duals: Duals) -> Array:
        """(C,) the duals of what opening each course uses."""
        total = np.zeros(self.problem.pairs.courses)
        for block in self.problem.constraints:
            if block.open_coef is not None:
                total += _course_price(block.course_row, duals.constraints[block.name], block.open_coef)
        return total

    def solve(
        self, duals: Duals, state: NDArray[np.int8] | None = None, outside: float | None = None
    ) -> RelaxationResult:
        """The relaxed plan and its bound; `state` may open or shut more courses than the problem does."""
        problem = self.problem
        state = problem.state if state is None else state
        courses = problem.pairs.courses
        r = self.reduced(duals)
        opening_price = self.opening(duals)
        taken = r > 0
        taken[self.fixed_rows] = True
        count = np.bincount(self.course[taken], minlength=courses)
        total = np.bincount(self.course[taken], r[taken], minlength=courses)
        live = self.possible & (state != SHUT)
        must = live & ((state == OPEN) | (self.fixed_count > 0))
        seat_dual = np.zeros(courses)
        for c in np.flatnonzero(live & (count > problem.max_seats)):
            total[c], seat_dual[c] = self._best(taken, r, int(c), int(problem.max_seats[c]))
        for c in np.flatnonzero(live & (count < problem.min_seats) & (must | (total > opening_price))):
            total[c], seat_dual[c] = self._best(taken, r, int(c), int(problem.min_seats[c]), outside)
        profit = np.where(live, total - opening_price, -np.inf)
        opened = must | (live & (profit > 0))
        taken &= opened[self.course]
        bound = float(profit[opened].sum()) + self._constant(duals)
        return RelaxationResult(bound, r, taken, opened, profit, seat_dual)

    def _best(
        self, taken: Mask, r: Array, c: int, seats: int, outside: float | None = None
    ) -> tuple[float, float]:
        """Take exactly `seats` of course c, pinned ones first: their sum and the margin."""
        a, b = self.first[c], self.first[c + 1]
        value = r[a:b]
        key = np.where(self.fixed[a:b], np.inf, value)
        taken[a:b] = False
        order = np.argpartition(-key, seats - 1)[:seats] if 0 < seats < b - a else np.arange(b - a)[:seats]
        if seats > 0 and self.elsewhere[c] > 0 and outside is not None:
            order = order[(key[order] > outside)]
        taken[a + order] = True
        left = seats - len(order)
        total = float(value[order].sum()) + (left * outside if left and outside is not None else 0.0)
        others = key.copy()
        others[order] = -np.inf
        above = float(others.max()) if len(order) < len(others) else 0.0
        at = float(value[order].min()) if len(order) else 0.0
        return total, max(above, 0.0) if at > 0 else min(at, 0.0)

    def _constant(self, duals: Duals) -> float:
        problem = self.problem
        priced = duals.teacher > 0
        total = float((duals.teacher[priced] * problem.max_courses[priced]).sum())
        total += float(duals.cover.sum())
        for block in problem.constraints:
            total += float((duals.constraints[block.name] * block.limit).sum())
        for variable in problem.count_variables:
            total += float((np.maximum(self.left_over(duals, variable), 0.0) * variable.cap).sum())
        return total

    def left_over(self, duals: Duals, variable: CountVariables) -> Array:
        """(I,) the reduced objective coefficients of count variables."""
        reduced = variable.objective_coef - duals.count_variables[variable.name]
        for block in self.problem.constraints:
            if block.variable != variable.name or block.variable_row is None or block.variable_coef is None:
                continue
            price = duals.constraints[block.name]
            row_price = np.where(block.variable_row >= 0, price[block.variable_row], 0.0)
            reduced = reduced - row_price * block.variable_coef
        return np.asarray(reduced)

    def slacks(self, duals: Duals, relaxed: RelaxationResult) -> Duals:
        """A subgradient at local duals: the slack of every constraint in the relaxed plan, negative where it is violated."""
        problem, taken = self.problem, relaxed.taken
        t, c = self.teacher[taken], self.course[taken]
        teacher = np.where(np.isfinite(problem.max_courses), problem.max_courses, 0.0)
        teacher = teacher - np.where(np.isfinite(problem.max_courses), np.bincount(t, minlength=len(teacher)), 0.0)
        cover = np.zeros_like(duals.cover)
        if cover.size:
            cover = 1.0 - self._slots_used(duals, taken)
        counts = {
            v.name: np.where(self.left_over(duals, v) > 0, v.cap, 0.0) for v in problem.count_variables
        }
        rows_left = {}
        for block, line in zip(problem.constraints, self.lines, strict=True):
            row = block.row(t, c) if line is None else line[taken]
            mask = row >= 0
            used = np.bincount(row[mask], block.coef[c[mask]], minlength=len(block.limit)).astype(np.float64)
            if block.open_coef is not None:
                for course in np.flatnonzero(relaxed.opened):
                    if (place := block.row_of_course(int(course))) >= 0:
                        used[place] += block.open_coef[course]
            if block.variable is not None and block.variable_row is not None and block.variable_coef is not None:
                mask = block.variable_row >= 0
                used += np.bincount(
                    block.variable_row[mask], (counts[block.variable] * block.variable_coef)[mask],
                    minlength=len(block.limit),
                )  # fmt: skip
            rows_left[block.name] = block.limit - used
        added = {}
        for variable in problem.count_variables:
            item = self.items[variable.name]
            mask = taken & (item >= 0)
            add = np.bincount(item[mask], variable.add[self.course[mask]], minlength=len(variable.cap))
            added[variable.name] = np.asarray(add - counts[variable.name], dtype=np.float64)
        return Duals(teacher, cover, rows_left, added, duals.keys, True)

    def _slots_used(self, duals: Duals, taken: Mask) -> Array:
        cells, last = duals.cover.shape
        total = np.zeros(cells * last)
        for owner, cell, part in zip(self.owners, self.cells, self.parts, strict=True):
            rows = np.flatnonzero(taken[owner])
            cells_taken = cell[rows]
            slot = self._best_slot(duals.cover, cells_taken, part[rows])[1]
            used = slot < last
            total += np.bincount(cells_taken[used] * last + slot[used], minlength=cells * last)
        return total.reshape(cells, last)


def _course_price(course_row: Index | None, price: Array, coef: Array) -> Array:
    if course_row is None:
        return np.asarray(price[0] * coef)
    return np.asarray(np.where(course_row >= 0, price[course_row], 0.0) * coef)


__all__ = ["FREE", "LagrangianRelaxation", "RelaxationResult"]
