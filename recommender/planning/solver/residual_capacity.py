"""Residual capacity of every limit while a plan is built, and what one more seat would add."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.candidate_pairs import Index, Mask
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.plan_problem import PlanProblem

SLACK = 1e-9  # of a limit: rounding error of sums of money


class ResidualCapacity:
    """Seats are added one by one; every check is exact. candidates: the pairs that may be added."""

    def __init__(self, problem: PlanProblem, candidates: Index, opened: Mask) -> None:
        pairs = problem.pairs
        self.problem = problem
        self.opened = opened
        self.chosen: dict[int, None] = {}
        self._teacher: list[int] = pairs.teacher[candidates].tolist()
        self._course: list[int] = pairs.course[candidates].tolist()
        objective_coef = pairs.objective_coef[candidates].astype(np.float64)
        self._worth: list[float] = objective_coef.tolist()
        self._part: list[list[float]] = (pairs.share[candidates] * objective_coef[:, None]).tolist()
        self._cell: list[list[int]] = pairs.cell[candidates].tolist()
        self._slots: list[float] = problem.slots.tolist()
        self._max_courses: list[float] = problem.max_courses.tolist()
        self.high: list[int] = problem.max_seats.tolist()
        self.seats: list[int] = [0] * pairs.courses
        self.taken_by: list[int] = [0] * pairs.teachers
        self._covers: dict[int, list[float]] = {}
        self._upper: list[tuple[list[int], list[float], list[float]]] = []
        self.lower: list[LinearConstraints] = []
        t, c = pairs.teacher[candidates].astype(np.intp), pairs.course[candidates].astype(np.intp)
        self._row_of: list[list[int]] = []
        for block in problem.constraints:
            if block.is_lower:
                self.lower.append(block)
                continue
            left = block.limit + SLACK * np.maximum(np.abs(block.limit), 1.0)
            if block.open_coef is not None:
                for course in np.flatnonzero(opened):
                    if (place := block.row_of_course(int(course))) >= 0:
                        left[place] -= block.open_coef[course]
            row = block.row(t, c)
            self._upper.append((row.tolist(), block.coef.tolist(), left.tolist()))
        self._count_variables = [
            (variable.item(t, c).tolist(), variable.add.tolist(), variable.cap.tolist(), variable.objective_coef.tolist(),
             [0.0] * len(variable.cap))
            for variable in problem.count_variables
        ]  # fmt: skip

    def broke(self) -> bool:
        """Whether opening alone already uses more than there is."""
        return any(room < 0 for _, _, left in self._upper for room in left)

    def fits(self, k: int) -> bool:
        """Whether candidate k still fits."""
        c = self._course[k]
        if not self.opened[c] or self.seats[c] >= self.high[c] or k in self.chosen:
            return False
        if self.taken_by[self._teacher[k]] + 1 > self._max_courses[self._teacher[k]]:
            return False
        for row, coef, left in self._upper:
            place = row[k]
            if place >= 0 and coef[c] > left[place]:
                return False
        return True

    def marginal(self, k: int) -> float:
        """What candidate k would add now, repeated cover and count variables included."""
        total = 0.0
        slots, covers = self._slots, self._covers
        for cell, part in zip(self._cell[k], self._part[k], strict=True):
            parts = covers.get(cell)
            if part <= 0:
                continue
            total += part * slots[0] if not parts else _marginal(parts, part, slots)
        for item, add, cap, objective_coef, count in self._count_variables:
            i = item[k]
            if i >= 0 and objective_coef[i] > 0:
                more = min(count[i] + add[self._course[k]], cap[i]) - min(count[i], cap[i])
                total += objective_coef[i] * more
        return total

    def add(self, k: int) -> None:
        """Add the seat."""
        self._enter(k, 1)
        self.chosen[k] = None

    def remove(self, k: int) -> None:
        """Remove the seat."""
        self._enter(k, -1)
        del self.chosen[k]

    def _enter(self, k: int, sign: int) -> None:
        t, c = self._teacher[k], self._course[k]
        self.seats[c] += sign
        self.taken_by[t] += sign
        for row, coef, left in self._upper:
            if row[k] >= 0:
                left[row[k]] -= sign * coef[c]
        for cell, part in zip(self._cell[k], self._part[k], strict=True):
            if part > 0:
                parts = self._covers.setdefault(cell, [])
                if sign > 0:
                    parts.append(part)
                    parts.sort(reverse=True)
                else:
                    parts.remove(part)
        for item, add, _, _, count in self._count_variables:
            if item[k] >= 0:
                count[item[k]] += sign * add[c]

    def money_left(self) -> float:
        """Of the budget."""
        return self._upper[0][2][0]


def _marginal(parts: list[float], part: float, slots: list[float]) -> float:
    """What one more part adds to parts in falling order."""
    last = len(slots) - 1
    place = sum(1 for other in parts if other >= part)
    total = slots[min(place, last)] * part
    for i in range(place, len(parts)):
        total -= (slots[min(i, last)] - slots[min(i + 1, last)]) * parts[i]
    return total
