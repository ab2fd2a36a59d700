"""Prices come from each constraint's own duals, bound what more of it can bring, and are silent about few people."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.planning.constraints.budget import STEP
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.shadow_prices import shadow_prices
from recommender.planning.solver.solve import solve


def prices_of(solved: Any) -> dict[tuple[str, str], float]:
    prices = shadow_prices(solved.district, solved.limits, solved.problem, solved.solution)
    return {(p.limit, p.key): p.price for p in prices}


@pytest.mark.parametrize("seed", [4, 8])
@pytest.mark.parametrize(
    ("key", "value", "more"),
    [("max_courses_per_teacher", 1, 2), ("max_hours_per_teacher", 6.0, 8.0), ("release_days_per_teacher", 0.2, 0.3)],
)
def test_no_relaxation_brings_more_than_its_price(seed: int, key: str, value: Any, more: Any, drawn: Any) -> None:
    """At fixed duals the bound is linear in a limit, so it bounds the relaxed optimum; hours have redundant rows
    that move as well, so for them the price of the redundant rows is on top."""
    solved = drawn.solve(drawn.district(seed, 20, 7), Limits.of({key: value}), 5000.0)
    relaxed = drawn.solve(solved.district, Limits.of({key: more}), 5000.0)
    dual_bound = solved.solution.bound + prices_of(solved)[key, ""] * (more - value)
    if key == "release_days_per_teacher":
        assert relaxed.plan.value <= dual_bound * (1 + 1e-3)
    assert relaxed.plan.value >= solved.plan.value - 1e-9 and prices_of(solved)[key, ""] >= 0


def test_money_is_priced_by_the_step_and_binds_until_there_is_enough(drawn: Any) -> None:
    district = drawn.district(8, 40, 8)
    poor, rich = (drawn.solve(district, Limits(), yuan) for yuan in (2000.0, 1e7))
    assert prices_of(poor)["budget", ""] > 0.01
    assert prices_of(rich)["budget", ""] == pytest.approx(0.0, abs=1e-3)
    richer = solve(build_problem(district, Limits(), 3000.0)[0])
    assert richer.plan is not None
    assert richer.plan.value <= poor.solution.bound + prices_of(poor)["budget", ""] * 1000 / STEP + 0.05


def test_schools_of_fewer_than_ten_have_no_price_of_their_own(drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    solved = drawn.solve(drawn.district(8, 40, 8), Limits(release_days_per_teacher=0.1), 9000.0)
    assert ("release_days_per_teacher", "") in prices_of(solved)
    assert not [key for limit, key in prices_of(solved) if limit == "release_days"]
    monkeypatch.setattr("recommender.planning.constraints.constraint.DISTRICT_MINIMUM", 1)
    schools = {key for limit, key in prices_of(solved) if limit == "release_days"}
    assert schools and schools <= set(map(str, solved.district.school_ids))
