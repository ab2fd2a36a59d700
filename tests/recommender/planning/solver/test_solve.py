"""The path for large districts, on small ones: sampled duals, column generation, passes over all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.checker import violations
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver import column_generation, sampled_duals, top_pairs
from recommender.planning.solver import solve as solve_module
from recommender.planning.solver.solve import Effort, Solution, solve

CASES: list[dict[str, Any]] = [
    {"max_courses_per_teacher": 2},
    {"max_courses_per_teacher": 2, "release_days_per_teacher": 0.4, "max_hours_per_teacher": 12},
    {"floor": [{"share": 0.1, "stage": "primary"}], "owed_hours_worth": 0.002},
    {"repeat_worth": 1.0, "must_open": ["C1"], "forbid": ["C2"]},
]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every threshold of size below what the test's district has."""
    monkeypatch.setattr(sampled_duals, "PAIRS", 100)
    monkeypatch.setattr(sampled_duals, "TEACHERS", 40)
    monkeypatch.setattr(top_pairs, "BLOCK", 200)
    for module in (column_generation, solve_module):
        monkeypatch.setattr(module, "WHOLE", 80)


@pytest.mark.parametrize("limits", CASES, ids=range(len(CASES)))
@pytest.mark.slow
def test_a_plan_made_from_few_of_the_pairs_is_good_and_its_bound_holds(
    limits: dict[str, Any], drawn: Any, small_blocks: None
) -> None:
    district = drawn.district(11, 120, 9)
    read = Limits.of(limits)
    problem, _ = build_problem(district, read, 9000.0)
    large = solve(problem, effort=Effort(exact=0, polish_seconds=1.0, polished=500))
    assert large.plan is not None and len(large.active) < len(problem.pairs)
    assert not violations(district, read, 9000.0, *drawn.ids(district, large.plan))
    exact = solve(problem, effort=Effort(exact_seconds=5.0))
    assert exact.plan is not None
    assert large.bound >= exact.plan.value * (1 - 1e-7)
    assert large.plan.value >= 0.97 * exact.plan.value


def test_contradictions_have_a_solution_without_a_plan(drawn: Any) -> None:
    problem, _ = build_problem(drawn.district(3, 10, 4), Limits(), 100.0)
    solution = Solution.infeasible(problem)
    assert solution.plan is None and solution.proven_infeasible and solution.gap == np.inf
