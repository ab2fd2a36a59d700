"""The price of every limit that binds: what one unit more of it would add to the plan, at the plan's prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.disclosure import DISTRICT_MINIMUM as FEWEST
from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT, PlanProblem
from recommender.planning.solver.lagrangian import LagrangianRelaxation
from recommender.planning.solver.solve import Solution

STEP: Final = 10_000  # yuan that the budget is priced by
LEAST = 5e-4  # gain below which a price is not told


@dataclass(frozen=True)
class ShadowPrice:
    """One row: `price` in teacher-SD of counted gain for one `unit`; key: the course, school or group."""

    limit: str
    key: str
    unit: str
    price: float


def shadow_prices(district: District, limits: Limits, problem: PlanProblem, solution: Solution) -> list[ShadowPrice]:
    """Highest first within a kind of limit; numbers about fewer than ten people are left out."""
    prices = solution.prices
    relaxation = LagrangianRelaxation(problem, solution.active)
    look = relaxation.look(prices)
    number = problem.rows.index(problem.budget_row())
    found = [ShadowPrice("budget", "", f"{STEP} yuan", float(prices.rows[number][0]) * STEP)]
    if limits.max_courses_per_teacher is not None:
        found.append(ShadowPrice("max_courses_per_teacher", "", "course each", float(prices.teacher.sum())))
    size = np.bincount(district.school, minlength=len(district.school_ids))
    rate = 0.0
    for rows, price in zip(problem.rows, prices.rows, strict=True):
        if rows.name == "max_hours_per_teacher":
            rate += float(price.sum())
        elif rows.name == "release_days":
            found.append(ShadowPrice("release_days_per_teacher", "", "day each", float((price * size).sum())))
            found += [
                ShadowPrice("release_days", rows.keys[s], "day", float(price[s]))
                for s in np.argsort(-price, kind="stable")
                if price[s] > LEAST and size[s] >= FEWEST
            ]
        elif rows.name in ("floor_share_per_school", "floor"):
            people = size if rows.name == "floor_share_per_school" else np.full(len(price), FEWEST)
            found += [
                ShadowPrice(rows.name, rows.keys[k], "teacher fewer", float(price[k]))
                for k in np.argsort(-price, kind="stable")
                if price[k] > LEAST and people[k] >= FEWEST
            ]
    if limits.max_hours_per_teacher is not None:
        found.append(ShadowPrice("max_hours_per_teacher", "", "hour each", rate))
    if solution.plan is not None:
        found += _courses(district, problem, look.profit, look.margin, solution.plan.chosen)
    found += _forbidden(district, problem, solution)
    return found


def _courses(
    district: District, problem: PlanProblem, profit: Array, margin: Array, chosen: np.ndarray
) -> list[ShadowPrice]:
    """A seat more where a course is full, a seat fewer where it only just opens, and what must open costs."""
    seats = np.bincount(problem.pairs.course[chosen], minlength=problem.pairs.courses)
    name = [str(c) for c in district.course_ids]
    full = np.flatnonzero((margin > LEAST) & (seats >= problem.high) & (seats >= FEWEST))
    found = [
        ShadowPrice("max_seats", name[c], "seat", float(margin[c]))
        for c in full[np.argsort(-margin[full], kind="stable")]
    ]
    just = np.flatnonzero((margin < -LEAST) & (seats >= FEWEST) & (seats <= problem.low))
    found += [
        ShadowPrice("min_seats", name[c], "seat fewer", float(-margin[c]))
        for c in just[np.argsort(margin[just], kind="stable")]
    ]
    for c in np.flatnonzero((problem.state == OPEN) & np.isfinite(profit)):
        if profit[c] < -LEAST and seats[c] >= FEWEST:
            found.append(ShadowPrice("must_open", name[c], "course", float(-profit[c])))
    return found


def _forbidden(district: District, problem: PlanProblem, solution: Solution) -> list[ShadowPrice]:
    """What each forbidden course would bring at these prices if it were allowed."""
    shut = np.flatnonzero(problem.state == SHUT)
    if not len(shut):
        return []
    inside = np.isin(problem.pairs.course, shut)
    allowed = PlanProblem(
        **{
            **vars(problem),
            "state": np.full(problem.pairs.courses, FREE, np.int8),
            "closed": ~inside,
            "pinned": np.zeros_like(problem.pinned),
        }
    )
    profit = LagrangianRelaxation(allowed).look(solution.prices).profit
    return [
        ShadowPrice("forbid", str(district.course_ids[c]), "course", float(profit[c]))
        for c in shut
        if np.isfinite(profit[c]) and profit[c] > LEAST
    ]
