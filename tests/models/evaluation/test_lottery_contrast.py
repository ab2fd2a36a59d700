"""By lottery seats: unbiased for what courses do, blind to who chooses them, and silent where there is too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.snapshot import take_snapshot
from models.evaluation.lottery_contrast import LotteryOutcomes, lottery_contrast, lottery_outcomes

T0 = date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot(district, planted):
    return take_snapshot(district, planted(district, T0))


def drawn_pairs(snapshot, effect, selection, repeats=60):
    """Pairs open to their teachers, drawn by a fair lottery; outcome = selection of the pair + effect where let in."""
    rng = np.random.default_rng(5)
    t, c = np.nonzero(snapshot.eligibility.block(np.arange(len(snapshot.teacher_ids))))
    t, c = np.tile(t, repeats), np.tile(c, repeats)
    won = rng.random(len(t)) < 0.5
    outcome = selection(t, c) + won * effect(t, c) + rng.normal(0, 0.3, len(t))
    return LotteryOutcomes(t, c, won, np.full(len(t), 0.5), outcome)


def test_the_contrast_is_the_difference_of_discounted_effects(snapshot):
    effect = lambda t, c: 0.1 * (c % 3)  # noqa: E731
    nothing = lambda t, c: np.zeros(len(t))  # noqa: E731
    drawn = drawn_pairs(snapshot, effect, nothing)
    best, worst = (lambda t, c: effect(t, c) + 0.0), (lambda t, c: -effect(t, c))
    contrast = lottery_contrast(best, worst, snapshot, drawn, seed=0)
    assert contrast.enough and contrast.difference.above_zero
    backwards = lottery_contrast(worst, best, snapshot, drawn, seed=0)
    assert backwards.difference.value == pytest.approx(-contrast.difference.value)
    assert lottery_contrast(best, best, snapshot, drawn, seed=0).difference.value == 0.0


def test_predicting_who_improves_anyway_does_not_pass(snapshot):
    selection = lambda t, c: 1.0 * (c % 3 == 0) + 0.5 * (t % 2)  # noqa: E731
    drawn = drawn_pairs(snapshot, lambda t, c: np.zeros(len(t)), selection)
    rng = np.random.default_rng(0)
    luck = rng.random(len(snapshot.course_ids))
    by_selection = lottery_contrast(
        lambda t, c: selection(t, c) + 1e-3 * luck[c], lambda t, c: luck[c], snapshot, drawn, seed=0
    )
    assert by_selection.difference.low < 0 < by_selection.difference.high
    naive = drawn.outcome[drawn.c_idx % 3 == 0].mean() - drawn.outcome[drawn.c_idx % 3 != 0].mean()
    assert naive > 0.5  # what labels of those who chose would say


def test_few_drawings_are_not_enough(snapshot):
    few = drawn_pairs(snapshot, lambda t, c: 5.0 + 0.0 * t, lambda t, c: 0.0 * t, 1)
    keep = np.arange(len(few)) < 20
    few = LotteryOutcomes(*(getattr(few, n)[keep] for n in ("t_idx", "c_idx", "won", "propensity", "outcome")))
    contrast = lottery_contrast(lambda t, c: c + 0.0, lambda t, c: -c + 0.0, snapshot, few, seed=0)
    assert not contrast.enough
    none = LotteryOutcomes(few.t_idx[:0], few.c_idx[:0], few.won[:0], few.propensity[:0], few.outcome[:0])
    empty = lottery_contrast(lambda t, c: c + 0.0, lambda t, c: -c + 0.0, snapshot, none, seed=0)
    assert not empty.enough and np.isnan(empty.difference.value)


def test_outcomes_are_those_of_members_who_drew(snapshot, district, planted):
    needs = planted(district, T0)
    after = replace(needs, reliability=np.where(needs.applies, 0.5, 0.0))
    taken = pd.DataFrame({
        "teacher_id": snapshot.teacher_ids[[0, 1, 2, 3]], "course_id": snapshot.course_ids[[0, 0, 0, 0]],
        "status": ["completed", "refused", "requested", "completed"],
        "assignment": ["lottery", "lottery", "lottery", "self"], "propensity": [0.25, np.nan, 0.5, np.nan],
    })  # fmt: skip
    everyone = np.ones(len(snapshot.teacher_ids), bool)
    drawn = lottery_outcomes(snapshot, after, taken, everyone)
    assert set(drawn.t_idx) <= {0, 1} and not drawn.won[drawn.t_idx == 1].any() and drawn.won[drawn.t_idx == 0].all()
    assert set(drawn.propensity[drawn.t_idx == 0]) <= {0.25} and set(drawn.propensity[drawn.t_idx == 1]) <= {0.5}
    assert not len(lottery_outcomes(snapshot, after, taken, ~everyone))
