"""Plans without a solver, to compare with: seats given one by one in a fixed order, as long as limits allow.

They keep the budget, the seats of courses and all upper limits; lower limits and fixed pairs do not bind them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Index, Mask
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.plan_problem import SHUT, PlanProblem
from recommender.planning.solver.primal_heuristic import Plan

CHUNK: Final = 250_000  # pairs
SLACK: Final = 1e-9


def greedy(problem: PlanProblem) -> Plan:
    """Course by course: next opens the course of highest objective a yuan, opening and remaining teachers counted.

    Its seats go to the pairs of highest objective coefficient, as many as maximise that ratio. Money left over buys further
    seats of the courses opened.
    """
    pairs, money = problem.pairs, problem.budget_row()
    some = np.flatnonzero(~problem.forbidden & (pairs.objective_coef > 0))
    some = some[np.lexsort((-pairs.objective_coef[some], pairs.course[some]))]
    first = np.searchsorted(pairs.course[some], np.arange(pairs.courses + 1))
    opening_cost = np.zeros(pairs.courses) if money.open_coef is None else money.open_coef
    room, left = problem.max_courses.copy(), float(money.limit[0])
    opened = np.zeros(pairs.courses, bool)

    def offer(c: int) -> tuple[float, Index]:
        pairs_of_course = some[first[c] : first[c + 1]]
        pairs_of_course = pairs_of_course[room[pairs.teacher[pairs_of_course]] >= 1][: problem.max_seats[c]]
        spent = opening_cost[c] + money.coef[c] * np.arange(1, len(pairs_of_course) + 1)
        ratio = np.where(spent <= left, np.cumsum(pairs.objective_coef[pairs_of_course]) / np.maximum(spent, 1.0), -1.0)
        fewest = max(int(problem.min_seats[c]), 1) - 1
        if len(pairs_of_course) <= fewest or ratio[fewest:].max() <= 0:
            return 0.0, pairs_of_course[:0]
        best = fewest + int(np.argmax(ratio[fewest:]))
        return float(ratio[best]), pairs_of_course[: best + 1]

    queue = [(-offer(c)[0], c) for c in np.flatnonzero(problem.state != SHUT).tolist()]
    heapq.heapify(queue)
    while queue:
        c = heapq.heappop(queue)[1]
        ratio, pairs_of_course = offer(c)  # never better than it was: people and money only get fewer
        if ratio <= 0:
            continue
        if queue and ratio < -queue[0][0]:
            heapq.heappush(queue, (-ratio, c))
            continue
        opened[c] = True
        room[pairs.teacher[pairs_of_course]] -= 1
        left -= opening_cost[c] + money.coef[c] * len(pairs_of_course)
    some = some[opened[pairs.course[some]]]
    orders = (pairs.objective_coef[some], pairs.objective_coef[some] / np.maximum(money.coef, 1.0)[pairs.course[some]])
    plans = [_filled(problem, some[np.argsort(-key, kind="stable")], opened.copy()) for key in orders]
    return max(plans, key=lambda plan: plan.value)


def fees(problem: PlanProblem) -> Array:
    """(C,) yuan a seat, opening spread over all the seats that a course may have."""
    money = problem.budget_row()
    opening_cost = np.zeros(problem.pairs.courses) if money.open_coef is None else money.open_coef
    return np.asarray(money.coef + opening_cost / np.maximum(problem.max_seats, 1))


def by_headcount(problem: PlanProblem, school: Index, order: Index) -> Plan:
    """The budget divided among schools by headcount, (N,) `school`; each spends its own in the order given."""
    heads = np.bincount(school)
    yuan = float(problem.budget_row().limit[0])
    own = LinearConstraints("headcount", (), yuan * heads / heads.sum(), fees(problem), teacher_row=school)
    return in_order(replace(problem, constraints=(*problem.constraints, own)), order)


def in_order(problem: PlanProblem, order: Index) -> Plan:
    """Pairs in this order. First opening is paid seat by seat, to see which courses fill; those open."""
    money = problem.budget_row()
    by_seat = replace(money, coef=fees(problem), open_coef=None)
    spread = replace(problem, constraints=tuple(by_seat if block is money else block for block in problem.constraints))
    opened = (problem.state != SHUT) & (problem.max_seats >= np.maximum(problem.min_seats, 1))
    return _filled(problem, order, _filled(spread, order, opened).opened)


def _filled(problem: PlanProblem, order: Index, opened: Mask) -> Plan:
    """Seats in opened courses in this order; those that stay short of their least number are shut again."""
    order = order[~problem.forbidden[order]]
    while True:
        chosen = _walk(problem, order, opened)
        seats = np.bincount(problem.pairs.course[chosen], minlength=len(opened))
        short = opened & (seats < np.maximum(problem.min_seats, 1))
        if not short.any():
            chosen = np.sort(chosen)
            return Plan(chosen, opened, problem.value(chosen))
        opened &= ~short


def _walk(problem: PlanProblem, order: Index, opened: Mask) -> Index:
    """The pairs given to, one pass; nothing where opening alone costs more than there is."""
    pairs, chosen = problem.pairs, []
    uppers = [block for block in problem.constraints if not block.is_lower]
    left = [(block.limit + SLACK * np.maximum(np.abs(block.limit), 1.0)).tolist() for block in uppers]
    coef = [block.coef.tolist() for block in uppers]
    for block, room in zip(uppers, left, strict=True):
        if block.open_coef is not None:
            for course in np.flatnonzero(opened).tolist():
                if (place := block.row_of_course(course)) >= 0:
                    room[place] -= float(block.open_coef[course])
        if min(room, default=0.0) < 0:
            opened[_dearest(problem, opened)] = False
            return _walk(problem, order, opened)
    seats, courses_left = np.where(opened, problem.max_seats, 0), problem.max_courses.copy()
    for part in _chunks(order):
        t, c = pairs.teacher[part], pairs.course[part]
        part = part[(seats[c] > 0) & (courses_left[t] >= 1)]
        t, c = pairs.teacher[part], pairs.course[part]
        rows_of = [block.row(t, c).tolist() for block in uppers]
        for i, (k, teacher, course) in enumerate(zip(part.tolist(), t.tolist(), c.tolist(), strict=True)):
            if seats[course] <= 0 or courses_left[teacher] < 1:
                continue
            if any(
                r[i] >= 0 and u[course] > room[r[i]] for r, u, room in zip(rows_of, coef, left, strict=True)
            ):
                continue
            for r, u, room in zip(rows_of, coef, left, strict=True):
                if r[i] >= 0:
                    room[r[i]] -= u[course]
            seats[course] -= 1
            courses_left[teacher] -= 1
            chosen.append(k)
    return np.array(chosen, np.intp)


def _dearest(problem: PlanProblem, opened: Mask) -> int:
    money = problem.budget_row()
    assert money.open_coef is not None
    return int(np.argmax(np.where(opened, money.open_coef, -np.inf)))


def _chunks(order: Index) -> Iterator[Index]:
    for start in range(0, len(order), CHUNK):
        yield order[start : start + CHUNK]
