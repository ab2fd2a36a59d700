"""Primal heuristic: from duals to a feasible plan. Fixed pairs first, then lower limits, then seat by seat in the order
of reduced values."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.plan_problem import FREE, OPEN, PlanProblem
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation, RelaxationResult
from recommender.planning.solver.residual_capacity import ResidualCapacity

ROUNDS: Final = 6  # of shutting courses that do not fill


CANDIDATES: Final = 3  # candidates for every seat of the relaxed plan
LEAST: Final = 50_000
TRUST: Final = 2.0  # weight of the average of relaxed plans, in median objective coefficients


@dataclass(frozen=True)
class Plan:
    """chosen: indices of pairs, rising. opened (C,). value: in units of the objective."""

    chosen: Index
    opened: Mask
    value: float


def primal_heuristic(
    relaxation: LagrangianRelaxation,
    duals: Duals,
    relaxed: RelaxationResult,
    state: NDArray[np.int8],
    frequency: Array | None = None,
) -> Plan | None:
    """A feasible plan, None where fixed pairs, lower limits and courses that must open could not all be met.

    often (n,): how often each pair was taken lately; it decides between pairs of about equal worth.
    """
    problem = relaxation.problem
    opened = relaxed.opened.copy()
    if ((problem.state == OPEN) & ~opened).any():
        return None
    key = relaxed.reduced - relaxed.seat_dual[relaxation.course]
    if frequency is not None:
        key = key + TRUST * _usual(relaxation, relaxed) * (frequency - 0.5)
    number = max(CANDIDATES * int(relaxed.taken.sum()), LEAST)
    if len(key) > number:
        candidates = relaxed.taken | relaxation.fixed
        candidates[np.argpartition(-key, number)[:number]] = True
        relaxation, key = LagrangianRelaxation(problem, relaxation.chosen[candidates]), key[candidates]
    base = key - (relaxation.objective_coef + relaxation.cover_loss(duals))
    for _ in range(ROUNDS):
        capacity = ResidualCapacity(problem, relaxation.chosen, opened)
        if capacity.broke():
            if not _shut_worst(problem, opened, relaxed.profit, state, 1):
                return None
            continue
        if not _begin(capacity, relaxation, key):
            return None
        _fill(capacity, relaxation, base, opened)
        _top_up(capacity, relaxation, key)
        short = opened & (np.array(capacity.seats) < problem.min_seats)
        if not short.any():
            break
        must = short & ((problem.state == OPEN) | (relaxation.fixed_count > 0))
        if must.any():
            return None
        opened &= ~short
    else:
        return None
    opened &= (np.array(capacity.seats) > 0) | (problem.state == OPEN)
    chosen = np.sort(relaxation.chosen[np.fromiter(capacity.chosen, np.intp, len(capacity.chosen))])
    return Plan(chosen, opened, problem.value(chosen)) if meets_lower_limits(problem, chosen, opened) else None


def _usual(relaxation: LagrangianRelaxation, relaxed: RelaxationResult) -> float:
    """The median objective coefficient of a seat."""
    return float(np.median(relaxation.objective_coef[relaxed.taken])) if relaxed.taken.any() else 0.0


def meets_lower_limits(problem: PlanProblem, chosen: Index, opened: Mask) -> bool:
    """Whether a plan meets all lower limits; upper ones hold at every step of the heuristic."""
    return all(
        bool((problem.used(block, chosen, opened) <= block.limit + 1e-6).all())
        for block in problem.constraints
        if block.is_lower
    )


def _shut_worst(problem: PlanProblem, opened: Mask, profit: Array, state: NDArray[np.int8], number: int) -> bool:
    """Shut the free courses of least profit; False where there is none."""
    free = np.flatnonzero(opened & (problem.state == FREE))
    if not len(free):
        return False
    opened[free[np.argsort(profit[free], kind="stable")[:number]]] = False
    return True


def _begin(capacity: ResidualCapacity, relaxation: LagrangianRelaxation, key: Array) -> bool:
    """Pins, then lower limits."""
    for k in relaxation.fixed_rows.tolist():
        if not capacity.fits(k):
            return False
        capacity.add(k)
    _floors(capacity, relaxation, key)
    return True


def _floors(capacity: ResidualCapacity, relaxation: LagrangianRelaxation, key: Array) -> None:
    """Give seats to those whom lower limits still lack, the best first."""
    problem = relaxation.problem
    for block in capacity.lower:
        chosen = relaxation.chosen[np.fromiter(capacity.chosen, np.intp, len(capacity.chosen))]
        lacking = problem.used(block, chosen, capacity.opened) - block.limit
        if block.variable is None:
            row, gives = block.row(relaxation.teacher, relaxation.course), -block.coef[relaxation.course]
            item = None
        else:
            assert block.variable_row is not None and block.variable_coef is not None
            item = relaxation.items[block.variable]
            row = np.where(item >= 0, block.variable_row[item], -1)
            gives = np.where(item >= 0, -block.variable_coef[item], 0.0)
        wanting = (row >= 0) & capacity.opened[relaxation.course]
        wanting[wanting] = lacking[row[wanting]] > 1e-9
        places = np.flatnonzero(wanting)
        reached = set() if item is None else set(item[list(capacity.chosen)].tolist())
        for k in places[np.argsort(-key[places], kind="stable")].tolist():
            if lacking[row[k]] <= 1e-9 or not capacity.fits(k):
                continue
            if item is not None:
                if int(item[k]) in reached:
                    continue
                reached.add(int(item[k]))
            capacity.add(k)
            lacking[row[k]] -= gives[k]


def _fill(capacity: ResidualCapacity, relaxation: LagrangianRelaxation, base: Array, opened: Mask) -> None:
    """Seats in falling order of what they add less their duals, as long as they fit and add anything."""
    places = np.flatnonzero(opened[relaxation.course])
    first = base[places] + relaxation.objective_coef[places]
    order = places[np.argsort(-first, kind="stable")]
    start = (base[order] + relaxation.objective_coef[order]).tolist()
    bases: list[float] = base[order].tolist()
    spent = _cheapest(relaxation, opened)
    again: list[tuple[float, int]] = []
    queue, at, n = order.tolist(), 0, len(order)
    while at < n or again:
        if again and (at >= n or -again[0][0] >= start[at]):
            priority, i = heapq.heappop(again)
            priority = -priority
        else:
            i, priority = at, start[at]
            at += 1
        k = queue[i]
        if not capacity.fits(k):
            if at % 256 == 0 and capacity.money_left() < spent:
                break
            continue
        adds = capacity.marginal(k)
        if adds <= 0:
            continue
        now = bases[i] + adds
        if now < priority - 1e-12:
            heapq.heappush(again, (-now, i))
            continue
        capacity.add(k)


def _top_up(capacity: ResidualCapacity, relaxation: LagrangianRelaxation, key: Array) -> None:
    """Opened courses with too few seats get more: who fits, else who can change from a fuller course."""
    problem = relaxation.problem
    of_teacher: dict[int, list[int]] | None = None
    for c in np.flatnonzero(capacity.opened & (np.array(capacity.seats) < problem.min_seats)).tolist():
        a, b = relaxation.first[c], relaxation.first[c + 1]
        moved: list[tuple[int, int]] = []
        for k in (a + np.argsort(-key[a:b], kind="stable")).tolist():
            if capacity.seats[c] >= problem.min_seats[c]:
                break
            if capacity.fits(k):
                capacity.add(k)
                moved.append((k, -1))
                continue
            if of_teacher is None:
                of_teacher = {}
                for other in capacity.chosen:
                    of_teacher.setdefault(int(relaxation.teacher[other]), []).append(other)
            swap = [
                other for other in of_teacher.get(int(relaxation.teacher[k]), ())
                if other in capacity.chosen and not relaxation.fixed[other]
                and capacity.seats[relaxation.course[other]] > problem.min_seats[relaxation.course[other]]
            ]  # fmt: skip
            if k in capacity.chosen or not swap:
                continue
            other = min(swap, key=lambda place: key[place])
            capacity.remove(other)
            if capacity.fits(k):
                capacity.add(k)
                moved.append((k, other))
            else:
                capacity.add(other)
        if capacity.seats[c] < problem.min_seats[c]:
            for k, other in reversed(moved):
                capacity.remove(k)
                if other >= 0:
                    capacity.add(other)


def _cheapest(relaxation: LagrangianRelaxation, opened: Mask) -> float:
    coef = relaxation.problem.budget_row().coef[opened]
    return float(coef.min()) if len(coef) else 0.0
