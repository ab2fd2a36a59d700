"""How large a share of a plan's seats is worth drawing by lot: what is learnt for later plans less what it costs now.

For each share seats are drawn as they would be, among near-ties. What that teaches about single courses
(`models/effects/value_of_information.py`) is worth its value of choice to those served by `LATER_PLANS` further plans like
this one; it costs the expected gain that the drawing gives up. Suggested is the share of the largest difference, 0 where
none is above 0. Two orders of lists can be compared by lottery seats as well (docs/decisions/0511): that is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.effects.value_of_information import learnt_ratio, outcome_sd, value_of_choice
from recommender.planning.lottery import LotteryDraw, draw_lottery
from recommender.planning.problem.candidate_pairs import Array
from recommender.planning.problem.district import District
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.primal_heuristic import Plan

SHARES: Final = (0.05, 0.1, 0.2, 0.3)
LATER_PLANS: Final = 3
SAMPLED: Final = 300  # people whose choices are valued
DRAWS: Final = 32
LARGEST: Final = 3_000_000  # pairs; above, drawing four times takes too long to be a by-product


@dataclass(frozen=True)
class LotterySuggestion:
    """share: suggested, 0 for none. value: expected gain added to later plans, cost: given up in this one, teacher-SD summed
    over people. people: who would draw. courses: whose estimate would move by a tenth of its uncertainty or more."""

    share: float
    value: float
    cost: float
    people: int
    courses: int


def suggest_lottery_share(district: District, problem: PlanProblem, plan: Plan, seed: int) -> LotterySuggestion | None:
    """None where it cannot be told: nothing was measured, or the problem is too large for a by-product."""
    goals = district.snapshot.goals
    concentration = (goals**2).sum(axis=1)
    usual = float(concentration[concentration > 0].mean()) if (concentration > 0).any() else 1.0
    noise = outcome_sd(district.snapshot.needs, usual)
    if not np.isfinite(noise) or len(problem.pairs) > LARGEST or not len(plan.chosen):
        return None
    served = len(np.unique(problem.pairs.teacher[plan.chosen]))
    gain, each = _gains(problem, seed), max(round(len(plan.chosen) / served), 1)
    best = LotterySuggestion(0.0, 0.0, 0.0, 0, 0)
    for share in SHARES:
        draw = draw_lottery(problem, plan, share, seed)
        learnt = _learnt(district, problem, draw, concentration, noise)
        value = LATER_PLANS * served * value_of_choice(gain, learnt, each, seed, DRAWS)
        cost = _given_up(problem, draw)
        telling = int((learnt > 0.1 * district.effect_ratio).sum())
        one = LotterySuggestion(share, value, cost, len(draw.pair), telling)
        if one.value - one.cost > best.value - best.cost:
            best = one
    return best


def _gains(problem: PlanProblem, seed: int) -> Array:
    """(n, C) estimated gains of some people, 0 where a course is not open."""
    pairs = problem.pairs
    some = np.random.default_rng(seed).permutation(pairs.teachers)[:SAMPLED]
    place = np.full(pairs.teachers, -1)
    place[some] = np.arange(len(some))
    rows = np.flatnonzero(place[pairs.teacher] >= 0)
    gain = np.zeros((len(some), pairs.courses))
    gain[place[pairs.teacher[rows]], pairs.course[rows]] = pairs.gain[rows]
    return gain


def _learnt(
    district: District, problem: PlanProblem, draw: LotteryDraw, concentration: Array, noise: float
) -> Array:
    course = problem.pairs.course[draw.pair]
    size = problem.pairs.courses
    let_in = np.bincount(course[draw.won], minlength=size).astype(np.float64)
    left_out = np.bincount(course[~draw.won], minlength=size).astype(np.float64)
    total = np.bincount(course, problem.pairs.gain[draw.pair], minlength=size)
    signal = total / np.maximum(let_in + left_out, 1.0) * concentration
    return learnt_ratio(district.effect_ratio, signal, let_in, left_out, noise)


def _given_up(problem: PlanProblem, draw: LotteryDraw) -> float:
    """Expected objective of a drawing less that of the seats as they were planned: the best of each drawing."""
    coef = problem.pairs.objective_coef[draw.pair].astype(np.float64)
    cost = 0.0
    for number in np.unique(draw.group):
        mine = draw.group == number
        seats = int(draw.won[mine].sum())
        cost += float(np.sort(coef[mine])[::-1][:seats].sum() - seats * coef[mine].mean())
    return cost
