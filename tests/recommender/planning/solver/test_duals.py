"""Duals by name: matched to another problem by the names of blocks and the keys of rows, never by shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.solve import solve

FLOORS = [{"name": "A", "share": 0.2, "stage": "primary"}, {"name": "B", "share": 0.1, "location": "rural"}]


@pytest.fixture
def district(drawn: Any) -> Any:
    return drawn.district(8, 30, 6)


def numbered(problem: Any) -> Duals:
    duals = Duals.none(problem)
    for number, price in enumerate(duals.constraints.values(), 1):
        price[:] = number + np.arange(len(price)) / 100
    return duals


def test_blocks_are_matched_by_name_in_any_order(district: Any) -> None:
    problem, _ = build_problem(district, Limits(floor=FLOORS, release_days_per_teacher=1.0), 1000.0)
    other, _ = build_problem(district, Limits(floor=FLOORS[::-1], floor_share_per_school=0.1), 500.0)
    duals = numbered(problem)
    aligned = duals.aligned(other)
    assert aligned.fits(other) and not duals.fits(other) and duals.fits(problem)
    for name in ("budget", "floor/A", "floor/B"):
        assert aligned.constraints[name].tolist() == duals.constraints[name].tolist()
    assert not aligned.constraints["floor_share_per_school"].any()
    assert "release_days_per_teacher" not in aligned.constraints


def test_rows_are_matched_by_their_keys(district: Any, drawn: Any) -> None:
    limits = Limits(release_days_per_teacher=1.0)
    problem, _ = build_problem(district, limits, 1000.0)
    other, _ = build_problem(drawn.permute(district, 1), limits, 1000.0)
    duals = numbered(problem)
    aligned, name = duals.aligned(other), "release_days_per_teacher"
    assert aligned.keys[name] != duals.keys[name]
    assert dict(zip(aligned.keys[name], aligned.constraints[name], strict=True)) == dict(
        zip(duals.keys[name], duals.constraints[name], strict=True)
    )


def test_a_copy_is_independent_and_none_is_free(district: Any) -> None:
    problem, _ = build_problem(district, Limits(max_hours_per_teacher=10.0), 1000.0)
    none = Duals.none(problem)
    assert not none.teacher.any() and not any(price.any() for price in none.constraints.values())
    other = none.copy()
    other.constraints["budget"][:] = 1.0
    assert not none.constraints["budget"].any()
    assert set(none.of("max_hours_per_teacher")) == {f"max_hours_per_teacher{part}" for part in ("", "/2", "/3")}


def test_an_aligned_start_is_a_valid_bound(district: Any) -> None:
    limits = Limits(floor=FLOORS, max_courses_per_teacher=2)
    first = solve(build_problem(district, limits, 4000.0)[0])
    other, _ = build_problem(district, limits.replace(floor_share_per_school=0.2), 4000.0)
    warm, cold = solve(other, warm=first), solve(other)
    assert warm.plan is not None and cold.plan is not None
    assert warm.bound >= cold.plan.value * (1 - 1e-7) and cold.bound >= warm.plan.value * (1 - 1e-7)
