"""What a plan is expected to do, from its definition seat by seat; and how draws and flattery relate to it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recommender.planning.gain_draws import draw_gains
from recommender.planning.optimizers_curse import optimizers_curse
from recommender.planning.plan_metrics import need_closing, plan_metrics, seat_amounts
from recommender.planning.problem.limits import Limits
from recommender.planning.stability import stability
from recommender.planning.unmet_needs import unmet_needs


@pytest.fixture(scope="module")
def solved(drawn: Any) -> Any:
    return drawn.solve(drawn.district(8, 60, 8), Limits(max_courses_per_teacher=2), 9000.0)


def test_gain_cost_and_people_add_up(solved: Any) -> None:
    plan, pairs, district = solved.plan, solved.problem.pairs, solved.district
    metrics = plan_metrics(district, solved.problem, plan.chosen, plan.opened)
    seats = district.number("seat_cost")[pairs.course[plan.chosen]].sum()
    assert metrics.cost == pytest.approx(seats + district.number("fixed_cost")[plan.opened].sum())
    assert metrics.seats == len(plan.chosen) and metrics.gain == pytest.approx(metrics.seat_gain.sum())
    assert metrics.teachers == len(set(pairs.teacher[plan.chosen].tolist()))
    assert (metrics.seat_gain <= pairs.gain[plan.chosen] * (1 + 1e-6)).all() and metrics.sd > 0
    assert metrics.needs == metrics.covered.sum()
    single = [k for k in range(len(plan.chosen)) if (pairs.teacher[plan.chosen] == pairs.teacher[plan.chosen[k]]).sum() == 1]
    assert metrics.seat_gain[single] == pytest.approx(pairs.gain[plan.chosen[single]], rel=1e-5)


def test_nothing_chosen_is_nothing(solved: Any) -> None:
    none = np.zeros(0, np.intp)
    metrics = plan_metrics(solved.district, solved.problem, none, np.zeros_like(solved.plan.opened))
    assert (metrics.gain, metrics.sd, metrics.cost, metrics.seats, metrics.needs) == (0, 0, 0, 0, 0)
    assert optimizers_curse(solved.district, solved.problem, none, np.zeros(0)) == 0.0


def test_draws_have_the_estimates_as_their_mean(solved: Any) -> None:
    pairs = solved.district.pairs
    district = replace(
        solved.district, effect_ratio=np.full(pairs.courses, 0.3),
        pairs=replace(pairs, doubt=(0.4 * pairs.gain).astype(np.float32)),
    )  # fmt: skip
    draws = [draw_gains(district, np.random.default_rng(seed)).sum() for seed in range(300)]
    assert np.mean(draws) == pytest.approx(pairs.gain.sum(), rel=0.03) and np.std(draws) > 0


def test_flattery_is_a_share_and_none_where_estimates_are_certain(solved: Any) -> None:
    plan = solved.plan
    gain = seat_amounts(solved.problem, plan.chosen, solved.problem.pairs.gain)
    assert 0 < optimizers_curse(solved.district, solved.problem, plan.chosen, gain) < 1
    pairs = solved.problem.pairs
    certain = replace(solved.problem, pairs=replace(pairs, doubt=np.zeros_like(pairs.doubt)))
    district = replace(solved.district, effect_ratio=np.zeros(pairs.courses))
    assert optimizers_curse(district, certain, plan.chosen, gain) == pytest.approx(0.0, abs=1e-9)


def test_stability_is_of_the_plans_drawn_and_repeats_with_the_seed(solved: Any) -> None:
    def run(draws: int, stopped: bool = False) -> Any:
        return stability(
            solved.district, solved.limits, solved.problem, solved.solution, solved.yuan, draws, 5, lambda: stopped
        )

    result, again = run(4), run(4)
    assert result.draws == 4 and result.low <= result.high and 0 < result.met_low <= result.met_high
    assert ((result.open_share >= 0) & (result.open_share <= 1)).all() and result.open_share.any()
    assert result.open_share.tolist() == again.open_share.tolist() and result.low == again.low
    assert run(0) is None and run(4, stopped=True) is None


def test_needs_without_a_course_are_counted_by_stage_of_ten_and_more(solved: Any) -> None:
    district = solved.district
    assert unmet_needs(district, solved.plan.chosen) == []
    none_serves = replace(district, pairs=replace(district.pairs, gain=np.zeros_like(district.pairs.gain)))
    unmet = unmet_needs(none_serves, solved.plan.chosen)
    sizes = district.register["stage"].value_counts()
    assert len(unmet) == 3 * int((sizes >= 10).sum()) > 0
    for need in unmet:
        assert need.unserved == need.needing == sizes[need.stage] >= need.uncovered
        assert need.gap == pytest.approx(0.6)


def test_needs_met_are_those_whose_gap_the_plan_brings_within_three_points(solved: Any) -> None:
    plan, district, problem = solved.plan, solved.district, solved.problem
    metrics = plan_metrics(district, problem, plan.chosen, plan.opened)
    closing = need_closing(problem, plan.chosen, problem.pairs.gain)
    assert closing.sum() == pytest.approx(metrics.gain)
    rng = np.random.default_rng(0)
    gap = 0.6 + 0.3 * rng.standard_normal((20_000, len(closing)))
    counted = ((gap > 0.3) & (gap - closing <= 0.3)).sum(axis=1).mean()
    assert metrics.needs_met == pytest.approx(counted, rel=0.03) and 0 < metrics.needs_met < metrics.needs
    served = np.unique(problem.pairs.cell[plan.chosen][metrics.covered])
    assert len(served) == metrics.needs
    assert metrics.closed_share == pytest.approx(closing[served].sum() / (0.6 * len(served)))


def test_needs_that_are_neither_clear_nor_possible_are_not_counted_as_met(solved: Any) -> None:
    needs = SimpleNamespace(**vars(solved.district.snapshot.needs) | {"p_need": np.full((60, 3), 0.2)})
    snapshot = SimpleNamespace(**vars(solved.district.snapshot) | {"needs": needs})
    metrics = plan_metrics(replace(solved.district, snapshot=snapshot), solved.problem, solved.plan.chosen, solved.plan.opened)
    assert (metrics.needs, metrics.needs_met, metrics.closed_share) == (0, 0.0, 0.0) and metrics.gain > 0
