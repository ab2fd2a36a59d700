"""Which courses would be in the plan whatever of the evidence is true: solved again on draws of all gains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.planning.gain_draws import draw_gains
from recommender.planning.plan_metrics import need_closing
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.solve import Effort, Solution, solve

ALWAYS: Final = 0.95  # of the draws
ROUGH: Final = Effort(40, 0, 0, 0, 0, 20, 0, 0.0, 0, 0.0)
LOW: Final = 0.05
HIGH: Final = 0.95


@dataclass(frozen=True)
class Stability:
    """draws: how many. open_share (C,): in what share of their plans a course is opened. low, high: 90% range
    of the gain of the plan itself over the draws. met_low, met_high: of the number of needs it meets, over the same."""

    draws: int
    open_share: np.ndarray
    low: float
    high: float
    met_low: float
    met_high: float


def stability(
    district: District,
    limits: Limits,
    problem: PlanProblem,
    solution: Solution,
    yuan: float,
    draws: int,
    seed: int,
    stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Stability | None:
    """None where nothing was drawn."""
    plan = solution.plan
    if plan is None or draws <= 0:
        return None
    opened = np.zeros(problem.pairs.courses)
    values, met, solved, done = [], [], 0, 0
    for number in range(draws):
        if stopped():
            break
        rng = np.random.default_rng((seed, number))
        gains = draw_gains(district, rng)
        closing = need_closing(problem, plan.chosen, gains)
        values.append(float(closing.sum()))
        met.append(district.needs.met(closing))
        other = replace(district, pairs=replace(district.pairs, gain=gains))
        drawn_problem, _ = build_problem(other, limits, yuan)
        again = solve(drawn_problem, seed, solution, ROUGH, stopped=stopped).plan
        done += 1
        on_progress(done / draws)
        if again is None:
            continue
        opened += again.opened
        solved += 1
    if not done:
        return None
    (low, high), (met_low, met_high) = (np.quantile(v, (LOW, HIGH)) for v in (values, met))
    return Stability(done, opened / max(solved, 1), float(low), float(high), float(met_low), float(met_high))
