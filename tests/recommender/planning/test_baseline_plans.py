"""Plans without a solver keep the limits they know of and are never worth more than the bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.baseline_plans import by_headcount, greedy, in_order
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.solve import solve


@pytest.mark.parametrize("seed", range(8))
def test_simple_plans_keep_limits_and_stay_below_the_bound(seed: int, drawn: Any) -> None:
    district = drawn.district(seed, 40, 9)
    limits = Limits(max_courses_per_teacher=2, release_days_per_teacher=0.5, max_hours_per_teacher=20)
    problem, _ = build_problem(district, limits, 5000.0)
    best = solve(problem)
    assert best.plan is not None
    order = np.random.default_rng(seed).permutation(len(problem.pairs))
    for plan in (greedy(problem), in_order(problem, order), by_headcount(problem, district.school, order)):
        assert plan.value <= best.bound * (1 + 1e-9)
        seats = np.bincount(problem.pairs.course[plan.chosen], minlength=problem.pairs.courses)
        assert (seats[plan.opened] >= np.maximum(problem.min_seats, 1)[plan.opened]).all()
        assert (seats <= problem.max_seats).all() and not seats[~plan.opened].any()
        for block in problem.constraints:
            assert (problem.used(block, plan.chosen, plan.opened) <= block.limit + 1e-6).all(), block.name
    assert greedy(problem).value > 0


def test_headcount_lets_no_school_spend_more_than_its_share(drawn: Any) -> None:
    district = drawn.district(3, 40, 9)
    problem, _ = build_problem(district, Limits(), 8000.0)
    plan = by_headcount(problem, district.school, np.arange(len(problem.pairs)))
    money = problem.budget_row().coef[problem.pairs.course[plan.chosen]]
    spent = np.bincount(district.school[problem.pairs.teacher[plan.chosen]], money, minlength=10)
    assert (spent <= 8000.0 * np.bincount(district.school) / 40 + 1e-6).all() and spent.any()


def test_no_money_no_seats(drawn: Any) -> None:
    problem, _ = build_problem(drawn.district(3, 20, 5), Limits(), 0.0)
    free = problem.budget_row().coef + (
        problem.budget_row().open_coef if problem.budget_row().open_coef is not None else 0
    )
    plan = greedy(problem)
    assert not plan.opened[free > 0].any()
