"""Plans against an independent checker, and against all plans there are where these can be counted.

A test run looks at 24 random problems; PLAN_EXAMPLES=1000 in the environment makes it 1,000.
"""

from __future__ import annotations

import itertools
import math
import os
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.hours import course_hours, course_last_days
from recommender.planning.checker import violations
from recommender.planning.lottery import draw_lottery
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.owed_by_category import CATEGORIES
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.solver.solve import Effort, Solution, solve

EXAMPLES = int(os.environ.get("PLAN_EXAMPLES", "24"))  # the full count is 1,000
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
    last_days = course_last_days(district.courses)
    for k in chosen:
        t, c = int(pairs.teacher[k]), int(pairs.course[k])
        worth = max(float(pairs.gain[k]) - limits.uncertainty_discount * float(pairs.sd[k]), 0.0)
        worth *= 1 + limits.disadvantage_weight * float(district.disadvantage[t])
        for cell, share in zip(pairs.cell[k].tolist(), pairs.share[k].tolist(), strict=True):
            parts[cell].append(worth * share)
        length = float(district.courses["hours"].iloc[c])
        category = str(district.courses["category"].iloc[c])
        for part in course_hours(district.hours.rules(t), category, length, last_days[c]).counted:
            hours[t, part.category] += length
    total = sum(
        part * limits.repeat_worth ** min(place, 2)
        for values in parts.values()
        for place, part in enumerate(sorted(values, reverse=True))
    )
    for (t, category), done in hours.items():
        owed = float(district.hours.countable[t, CATEGORIES.index(category)])
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


def solved(
    drawn: Any, seed: int, effort: Effort, size: tuple[int, int]
) -> tuple[District, Limits, float, PlanProblem, Solution] | None:
    """None where wishes contradict each other so that nothing can mend them: the tiny problems look at those."""
    district = drawn.district(seed, *size)
    limits = Limits.of(drawn.limits(seed, district))
    yuan = float(np.random.default_rng((seed, 2)).integers(0, 4000))
    problem, decisions = build_problem(district, limits, yuan)
    if decisions.contradictions:
        return None
    return district, limits, yuan, problem, solve(problem, seed, effort=effort)


@settings(max_examples=max(EXAMPLES // 4, 1))
@given(seed=st.integers(0, 10**6))
@pytest.mark.slow
def test_tiny_problems_get_the_best_plan_there_is(seed: int, drawn: Any) -> None:
    district = drawn.district(seed, 3, 3, 0.8)
    limits = Limits.of(drawn.limits(seed, district))
    yuan = float(np.random.default_rng((seed, 2)).integers(0, 2500))
    problem, decisions = build_problem(district, limits, yuan)
    best = best_of_all(district, limits, yuan)
    if decisions.contradictions:
        assert best is None
        return
    for effort in (Effort(), PRICES_ONLY):
        result = solve(problem, seed, effort=effort)
        if best is None:
            assert result.plan is None
            continue
        assert best <= result.bound * (1 + 1e-6) + 1e-7
        if result.plan is None:
            assert effort is PRICES_ONLY and not result.proven_infeasible
            continue
        seats, opened = plan_ids(district, result.plan.chosen, result.plan.opened)
        assert violations(district, limits, yuan, seats, opened) == []
        value = worth_of(district, limits, tuple(result.plan.chosen))
        assert math.isclose(value, result.plan.value, rel_tol=1e-5, abs_tol=1e-7)
        true_gap = (best - value) / best if best > 0 else 0.0
        assert result.gap >= true_gap - 1e-6
        if effort is not PRICES_ONLY:
            assert value >= best * (1 - 1e-6) - 1e-7


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 10**6), exact=st.booleans())
@pytest.mark.slow
def test_no_plan_breaks_a_limit_and_no_bound_is_too_low(seed: int, exact: bool, drawn: Any) -> None:
    instance = solved(drawn, seed, Effort() if exact else PRICES_ONLY, (4 + seed % 20, 3 + seed % 7))
    assume(instance is not None)
    assert instance is not None
    district, limits, yuan, problem, result = instance
    assume(result.plan is not None)
    assert result.plan is not None
    seats, opened = plan_ids(district, result.plan.chosen, result.plan.opened)
    assert violations(district, limits, yuan, seats, opened) == []
    assert math.isclose(worth_of(district, limits, tuple(result.plan.chosen)), result.plan.value, rel_tol=1e-4)
    drawn_by_lot = draw_lottery(problem, result.plan, 0.3, seed).plan
    seats, opened = plan_ids(district, drawn_by_lot.chosen, drawn_by_lot.opened)
    assert violations(district, limits, yuan, seats, opened) == []
    best = result if exact else solve(problem, seed)
    assert best.plan is not None and result.plan.value <= result.bound * (1 + 1e-9) + 1e-12
    true_gap = max(best.plan.value - result.plan.value, 0.0) / best.plan.value if best.plan.value > 0 else 0.0
    assert result.gap >= true_gap - 1e-6


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.slow
def test_prices_bound_what_the_exact_solver_finds(seed: int, drawn: Any) -> None:
    tried = (solved(drawn, seed + 100 * k, Effort(), (14, 6)) for k in range(20))
    _, _, _, problem, exact = next(instance for instance in tried if instance is not None)
    priced = solve(problem, seed, effort=PRICES_ONLY)
    if exact.plan is None:
        assert priced.plan is None
        return
    assert exact.gap <= 1e-6
    assert priced.bound >= exact.plan.value * (1 - 1e-7)
    if priced.plan is not None:
        assert priced.plan.value <= exact.plan.value * (1 + 1e-6) + 1e-9


def test_the_checker_sees_what_is_broken(drawn: Any) -> None:
    district = drawn.district(5, 40, 8)
    limits = Limits(max_courses_per_teacher=2)
    problem, _ = build_problem(district, limits, 6000.0)
    plan = solve(problem, 3).plan
    assert plan is not None
    seats, opened = plan_ids(district, plan.chosen, plan.opened)
    teacher, course = seats[0]
    shut = sorted(set(map(str, district.course_ids)) - set(opened))
    seats_of_teacher = {t: sum(one == t for one, _ in seats) for t, _ in seats}
    broken: list[tuple[Limits, float, list[tuple[str, str]], list[str], str]] = [
        (limits, 10.0, seats, opened, "costs"),
        (limits, 6000.0, [*seats, seats[0]], opened, "twice"),
        (limits, 6000.0, seats, [c for c in opened if c != course], "not opened"),
        (Limits(max_courses_per_teacher=max(seats_of_teacher.values()) - 1), 6000.0, seats, opened, "courses"),
        (Limits(max_hours_per_teacher=1.0), 6000.0, seats, opened, "hours"),
        (Limits(release_days_per_teacher=0.0), 6000.0, seats, opened, "days"),
        (Limits(floor_share_per_school=1.0), 0.0, [], [], "have a seat"),
        (Limits(must_open=(shut[0],)), 6000.0, seats, opened, "had to open"),
        (Limits(forbid=(course,)), 6000.0, seats, opened, "was forbidden"),
        (Limits(forbid=((teacher, course),)), 6000.0, seats, opened, "was forbidden"),
        (Limits(pin=((teacher, shut[0]),)), 6000.0, seats, opened, "was pinned"),
    ]
    for requested, yuan, given_seats, held_open, word in broken:
        assert any(word in violation for violation in violations(district, requested, yuan, given_seats, held_open)), word


def test_the_same_question_gets_the_same_plan(drawn: Any) -> None:
    district = drawn.district(5, 40, 8)
    problem, _ = build_problem(district, Limits(max_courses_per_teacher=2), 6000.0)
    for effort in (Effort(), PRICES_ONLY):
        one, two = (solve(problem, 3, effort=effort).plan for _ in range(2))
        assert one is not None and two is not None
        assert one.chosen.tolist() == two.chosen.tolist()
        assert one.opened.tolist() == two.opened.tolist()


def test_stopped_at_once_it_still_has_a_plan_and_an_honest_bound(drawn: Any) -> None:
    district = drawn.district(6, 60, 9)
    problem, _ = build_problem(district, Limits(max_courses_per_teacher=2), 9000.0)
    whole = solve(problem, 0)
    hasty = solve(problem, 0, stopped=lambda: True)
    assert hasty.cut and not whole.cut
    assert hasty.plan is not None and whole.plan is not None
    assert hasty.plan.value <= whole.bound * (1 + 1e-9)
    assert hasty.bound >= whole.plan.value * (1 - 1e-9)


def test_a_warm_start_bounds_and_keeps_limits(drawn: Any) -> None:
    district = drawn.district(7, 60, 9)
    limits = Limits(max_courses_per_teacher=2, release_days_per_teacher=0.5)
    problem, _ = build_problem(district, limits, 8000.0)
    first = solve(problem, 0)
    for yuan in (4000.0, 8400.0, 16000.0):
        other, _ = build_problem(district, limits, yuan)
        warm = solve(other, 0, first)
        cold = solve(other, 0)
        assert warm.plan is not None and cold.plan is not None
        seats, opened = plan_ids(district, warm.plan.chosen, warm.plan.opened)
        assert violations(district, limits, yuan, seats, opened) == []
        assert warm.bound >= cold.plan.value * (1 - 1e-7)
