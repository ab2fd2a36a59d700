"""What other budgets and other floors would bring: each solved again from the plan's duals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.planning.plan_metrics import PlanMetrics, plan_metrics
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem, with_budget
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.solve import FAR, Solution, solve

SHARES: Final = (0.25, 0.5, 0.75, 1.25, 1.5, 2.0)  # of the budget
FLOORS: Final = (0.15, 0.30, 0.50, 0.70)
WEAK: Final = 1 / 3  # of the teachers, in the schools of most disadvantage
Stopped = Callable[[], bool]


@dataclass(frozen=True)
class FrontierPoint:
    """budget in yuan, or floor as a share; objective and bound of that plan; what it is expected to do.

    weak_teachers, other_teachers: people reached in the third with most disadvantage and in the rest;
    weak_gain, other_gain: gain divided by all teachers of the group."""

    setting: float
    objective: float
    bound: float
    gain: float
    cost: float
    seats: int
    teachers: int
    needs: float
    needs_met: float
    weak_teachers: int
    other_teachers: int
    weak_gain: float
    other_gain: float


def point(district: District, problem: PlanProblem, solution: Solution, setting: float) -> FrontierPoint | None:
    """Of one solution; None where it has no plan."""
    plan = solution.plan
    if plan is None:
        return None
    metrics = plan_metrics(district, problem, plan.chosen, plan.opened)
    weak = weak_third(district)
    return FrontierPoint(
        setting, plan.value, solution.bound, metrics.gain, metrics.cost, metrics.seats, metrics.teachers, metrics.needs,
        metrics.needs_met, *_by_group(problem, plan.chosen, metrics, weak),
    )  # fmt: skip


def weak_third(district: District) -> np.ndarray:
    """(N,) teachers of the schools with most disadvantage, about a third of all."""
    edge = np.quantile(district.disadvantage, 1 - WEAK, method="lower")
    return np.asarray((district.disadvantage >= edge) & (district.disadvantage > 0))


def _by_group(
    problem: PlanProblem, chosen: np.ndarray, metrics: PlanMetrics, weak: np.ndarray
) -> tuple[int, int, float, float]:
    teacher = problem.pairs.teacher[chosen]
    reached = np.zeros(len(weak), bool)
    reached[teacher] = True
    gain = np.bincount(teacher, metrics.seat_gain, minlength=len(weak))
    heads = max(int(weak.sum()), 1), max(int((~weak).sum()), 1)
    return (
        int(reached[weak].sum()), int(reached[~weak].sum()),
        float(gain[weak].sum()) / heads[0], float(gain[~weak].sum()) / heads[1],
    )  # fmt: skip


def budget_frontier(
    district: District, problem: PlanProblem, solution: Solution, yuan: float, seed: int, stopped: Stopped
) -> list[FrontierPoint]:
    """By rising budget, the plan's own among them; stops early when asked to."""
    points_or_none = [point(district, problem, solution, yuan)]
    for side in (sorted((x for x in SHARES if x < 1), reverse=True), sorted(x for x in SHARES if x > 1)):
        from_here = solution
        for share in side:
            if stopped():
                break
            other = with_budget(problem, yuan * share)
            solved = solve(other, seed, from_here, FAR, stopped=stopped)
            points_or_none.append(point(district, other, solved, yuan * share))
            from_here = solved if solved.plan is not None else from_here
    points = sorted((p for p in points_or_none if p is not None), key=lambda p: p.setting)
    return _never_falling(points)


def _never_falling(points: list[FrontierPoint]) -> list[FrontierPoint]:
    """What a smaller budget buys, a larger one buys as well: the better plan stands for both."""
    best: list[FrontierPoint] = []
    for current in points:
        better = best[-1] if best and best[-1].objective > current.objective else current
        best.append(replace(better, setting=current.setting, bound=current.bound))
    return best


def equity_frontier(
    district: District, limits: Limits, solution: Solution, yuan: float, seed: int, stopped: Stopped
) -> list[FrontierPoint]:
    """By rising floor a school (share of its teachers with a seat); floors that cannot be met end it."""
    points: list[FrontierPoint] = []
    own = limits.floor_share_per_school or 0.0
    for share in sorted({0.0, own, *FLOORS}):
        if stopped():
            break
        problem, _ = build_problem(district, limits.replace(floor_share_per_school=share or None), yuan)
        start = solution if share == own else replace(solution, duals=solution.duals.aligned(problem))
        solved = solution if share == own else solve(problem, seed, start, stopped=stopped)
        current = point(district, problem, solved, share)
        if current is None:
            break
        points.append(current)
    rising = _never_falling(points[::-1])  # a plan that keeps a higher floor keeps a lower one too
    return rising[::-1]

