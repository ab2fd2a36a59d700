"""Plans against an independent checker, and against all plans there are where these can be counted."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.plan.checker import violations
from recommender.plan.district import District
from recommender.plan.limits import Limits
from recommender.plan.posing import pose
from recommender.plan.solve import Effort, Solution, solve

PRICES_ONLY = Effort(exact=0, polished=0, polish_seconds=0.0)


def plan_ids(district: District, chosen: Any, opened: Any) -> tuple[list[tuple[str, str]], list[str]]:
    pairs = district.pairs
    seats = [
        (str(district.teacher_ids[pairs.teacher[k]]), str(district.course_ids[pairs.course[k]]))
        for k in chosen
    ]
    return seats, [str(c) for c in district.course_ids[np.asarray(opened, bool)]]


def worth_of(district: District, limits: Limits, chosen: tuple[int, ...]) -> float:
    """The objective from its definition, pair by pair."""
    pairs = district.pairs
    parts: dict[int, list[float]] = defaultdict(list)
    hours: dict[tuple[int, str], float] = defaultdict(float)
    for k in chosen:
        t, c = int(pairs.teacher[k]), int(pairs.course[k])
        worth = max(float(pairs.gain[k]) - limits.uncertainty_discount * float(pairs.sd[k]), 0.0)
        worth *= 1 + limits.disadvantage_weight * float(district.disadvantage[t])
        for cell, share in zip(pairs.cell[k].tolist(), pairs.share[k].tolist(), strict=True):
            parts[cell].append(worth * share)
        length = float(district.courses["hours"].iloc[c])
        hours[t, str(district.courses["category"].iloc[c])] += length
        hours[t, "any"] += length
    total = sum(
        part * limits.repeat_worth ** min(place, 2)
        for held in parts.values()
        for place, part in enumerate(sorted(held, reverse=True))
    )
    for (t, category), done in hours.items():
        owed = float(district.owed[t, district.categories.index(category)])
        total += limits.owed_hours_worth / 2 * min(done, owed)
    return total


def best_of_all(district: District, limits: Limits, yuan: float) -> float | None:
    """The best of all plans, None where none keeps the limits; courses are opened where that is needed."""
    every = range(len(district.pairs))
    names = [str(c) for c in district.course_ids]
    best: float | None = None
    for size in range(len(every) + 1):
        for chosen in itertools.combinations(every, size):
            used = {names[int(district.pairs.course[k])] for k in chosen} | set(limits.must_open)
            seats, _ = plan_ids(district, chosen, [])
            if violations(district, limits, yuan, seats, used):
                continue
            worth = worth_of(district, limits, chosen)
            best = worth if best is None else max(best, worth)
    return best


def solved(drawn: Any, seed: int, effort: Effort, size: tuple[int, int]) -> tuple[District, Limits, float, Solution]:
    district = drawn.district(seed, *size)
    limits = Limits.of(drawn.limits(seed, district))
    yuan = float(np.random.default_rng((seed, 2)).integers(0, 4000))
    problem, chosen = pose(district, limits, yuan)
    if chosen.not_open:
        pytest.skip("wishes that nothing can mend are tested elsewhere")
    return district, limits, yuan, solve(problem, seed, effort=effort)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_tiny_problems_get_the_best_plan_there_is(seed: int, drawn: Any) -> None:
    district = drawn.district(seed, 3, 3, 0.8)
    limits = Limits.of(drawn.limits(seed, district))
    yuan = float(np.random.default_rng((seed, 2)).integers(0, 2500))
    problem, chosen = pose(district, limits, yuan)
    best = best_of_all(district, limits, yuan)
    if chosen.not_open:
        assert best is None
        return
    for effort in (Effort(), PRICES_ONLY):
        found = solve(problem, seed, effort=effort)
        if best is None:
            assert found.plan is None
            continue
        assert best <= found.bound * (1 + 1e-6) + 1e-7
        if found.plan is None:
            assert effort is PRICES_ONLY and not found.impossible
            continue
        seats, opened = plan_ids(district, found.plan.chosen, found.plan.opened)
        assert violations(district, limits, yuan, seats, opened) == []
        value = worth_of(district, limits, tuple(found.plan.chosen))
        assert math.isclose(value, found.plan.value, rel_tol=1e-5, abs_tol=1e-7)
        true_gap = (best - value) / best if best > 0 else 0.0
        assert found.gap >= true_gap - 1e-6
        if effort is not PRICES_ONLY:
            assert value >= best * (1 - 1e-6) - 1e-7


@settings(max_examples=250)
@given(seed=st.integers(0, 10**6), exact=st.booleans())
def test_no_plan_breaks_a_limit_and_no_bound_is_too_low(seed: int, exact: bool, drawn: Any) -> None:
    size = (4 + seed % 20, 3 + seed % 7)
    district, limits, yuan, found = solved(drawn, seed, Effort() if exact else PRICES_ONLY, size)
    if found.plan is None:
        return
    seats, opened = plan_ids(district, found.plan.chosen, found.plan.opened)
    assert violations(district, limits, yuan, seats, opened) == []
    assert found.plan.value <= found.bound * (1 + 1e-9) + 1e-12
    assert math.isclose(worth_of(district, limits, tuple(found.plan.chosen)), found.plan.value, rel_tol=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_prices_bound_what_the_exact_solver_finds(seed: int, drawn: Any) -> None:
    district, limits, yuan, exact = solved(drawn, seed, Effort(), (14, 6))
    problem, _ = pose(district, limits, yuan)
    priced = solve(problem, seed, effort=PRICES_ONLY)
    if exact.plan is None:
        assert priced.plan is None
        return
    assert exact.gap <= 1e-6
    assert priced.bound >= exact.plan.value * (1 - 1e-7)
    if priced.plan is not None:
        assert priced.plan.value <= exact.plan.value * (1 + 1e-6) + 1e-9
        true_gap = 1 - priced.plan.value / exact.plan.value if exact.plan.value > 0 else 0.0
        assert priced.gap >= true_gap - 1e-7


def test_the_same_question_gets_the_same_plan(drawn: Any) -> None:
    district = drawn.district(5, 40, 8)
    problem, _ = pose(district, Limits(max_courses_per_teacher=2), 6000.0)
    for effort in (Effort(), PRICES_ONLY):
        one, two = (solve(problem, 3, effort=effort).plan for _ in range(2))
        assert one is not None and two is not None
        assert one.chosen.tolist() == two.chosen.tolist()
        assert one.opened.tolist() == two.opened.tolist()


def test_stopped_at_once_it_still_has_a_plan_and_an_honest_bound(drawn: Any) -> None:
    district = drawn.district(6, 60, 9)
    problem, _ = pose(district, Limits(max_courses_per_teacher=2), 9000.0)
    whole = solve(problem, 0)
    hasty = solve(problem, 0, stopped=lambda: True)
    assert hasty.cut and not whole.cut
    assert hasty.plan is not None and whole.plan is not None
    assert hasty.plan.value <= whole.bound * (1 + 1e-9)
    assert hasty.bound >= whole.plan.value * (1 - 1e-9)


def test_a_warm_start_bounds_and_keeps_limits(drawn: Any) -> None:
    district = drawn.district(7, 60, 9)
    limits = Limits(max_courses_per_teacher=2, release_days_per_teacher=0.5)
    problem, _ = pose(district, limits, 8000.0)
    first = solve(problem, 0)
    for yuan in (4000.0, 8400.0, 16000.0):
        other, _ = pose(district, limits, yuan)
        warm = solve(other, 0, first)
        cold = solve(other, 0)
        assert warm.plan is not None and cold.plan is not None
        seats, opened = plan_ids(district, warm.plan.chosen, warm.plan.opened)
        assert violations(district, limits, yuan, seats, opened) == []
        assert warm.bound >= cold.plan.value * (1 - 1e-7)
