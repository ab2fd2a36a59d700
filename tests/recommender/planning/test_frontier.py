"""Frontiers: more money is never worth less, a higher floor never more, and warm starts use each constraint's own prices."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from recommender.planning import frontier
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.solve import Solution, solve

TWO_GROUPS = {"floor": [{"share": 0.3, "stage": "primary", "name": "P"}, {"share": 0.2, "location": "rural", "name": "R"}]}


def test_more_money_is_never_worth_less(drawn: Any) -> None:
    district = drawn.district(8, 40, 8)
    solved = drawn.solve(district, Limits(), 4000.0)
    points = frontier.budget_frontier(district, solved.problem, solved.solution, 4000.0, 0, lambda: False)
    settings = [p.setting for p in points]
    assert settings == sorted(settings) and 4000.0 in settings and len(points) == len(frontier.SHARES) + 1
    for fewer, more in pairwise(points):
        assert more.objective >= fewer.objective and more.bound >= more.objective * (1 - 1e-9)
        assert fewer.cost <= fewer.setting + 0.01


def test_a_higher_floor_is_never_worth_more_and_is_met(drawn: Any) -> None:
    district = drawn.district(8, 40, 8)
    solved = drawn.solve(district, Limits(), 6000.0)
    points = frontier.equity_frontier(district, solved.limits, solved.solution, 6000.0, 0, lambda: False)
    assert points[0].setting == 0.0 and points[0].objective == pytest.approx(solved.plan.value)
    assert all(b.objective <= a.objective + 1e-9 for a, b in pairwise(points))
    for point in points:
        assert point.teachers >= point.setting * len(district.people) - 1e-9


def test_a_frontier_stops_when_asked(drawn: Any) -> None:
    district = drawn.district(8, 40, 8)
    solved = drawn.solve(district, Limits(), 4000.0)
    points = frontier.budget_frontier(district, solved.problem, solved.solution, 4000.0, 0, lambda: True)
    assert [p.setting for p in points] == [4000.0]
    assert frontier.equity_frontier(district, solved.limits, solved.solution, 4000.0, 0, lambda: True) == []


def test_warm_starts_take_each_constraints_own_prices(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget and two groups are blocks of one row each: by their shape they could not be told apart."""
    district = drawn.district(8, 40, 8)
    limits = Limits.of(TWO_GROUPS)
    problem, _ = build_problem(district, limits, 5000.0)
    solution = solve(problem)
    duals = solution.duals.copy()
    own = {"budget": 1e-5, "floor/P": 0.02, "floor/R": 0.03}
    for name, price in own.items():
        assert duals.constraints[name].shape == (1,)
        duals.constraints[name][:] = price
    starts: list[Solution] = []

    def record(other: Any, seed: int, warm: Solution, *more: Any, **options: Any) -> Solution:
        starts.append(warm)
        assert warm.duals.fits(other)
        return solve(other, seed, warm, *more, **options)

    monkeypatch.setattr(frontier, "solve", record)
    monkeypatch.setattr(frontier, "FLOORS", (0.2,))
    frontier.equity_frontier(district, limits, replace(solution, duals=duals), 5000.0, 0, lambda: False)
    (start,) = starts
    assert {name: start.duals.constraints[name].tolist() for name in own} == {n: [p] for n, p in own.items()}
    assert not start.duals.constraints["floor_share_per_school"].any()
    assert np.array_equal(start.duals.teacher, duals.teacher)


def test_weak_schools_are_about_a_third_of_the_teachers(drawn: Any) -> None:
    district = drawn.district(8, 60, 8)
    weak = frontier.weak_third(district)
    assert 0 < weak.mean() <= 0.5
    assert district.disadvantage[weak].min() > district.disadvantage[~weak].max()
