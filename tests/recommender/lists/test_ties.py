"""Ties by the standard deviation of the difference of two gains, against draws of needs and effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from features.gap_closure import gap_closure_covariance
from recommender.lists.recommend import Recommender
from recommender.lists.ties import TIED_BELOW, TIED_WITHIN, GainDifferences
from recommender.lists.top_lists import ScoredPairs, first_places, rank_schools

DRAWS = 20_000


@pytest.fixture(scope="module")
def differences(ready: Recommender) -> GainDifferences:
    return GainDifferences(ready.snapshot, ready.scorer.rule)


@pytest.fixture(scope="module")
def two(pairs: ScoredPairs) -> tuple[ScoredPairs, ScoredPairs]:
    """The first and the fourth place of forty teachers."""
    places = first_places(pairs, 4)
    position = places.positions()
    later = np.flatnonzero(position == 3)[:40]
    return places.take(later - 3), places.take(later)


def _closure(gap: np.ndarray, lift: np.ndarray) -> np.ndarray:
    return np.maximum(gap, 0.0) - np.maximum(gap - lift, 0.0)


def test_the_sd_is_that_of_draws_of_needs_and_effects(
    ready: Recommender, differences: GainDifferences, two: tuple[ScoredPairs, ScoredPairs]
) -> None:
    """Gaps, the level of each form and each course's own part are drawn; effects enter the closed form to first order."""
    rule, snapshot = ready.scorer.rule, ready.snapshot
    forms = snapshot.tables["courses"]["form"].to_numpy(dtype=object)
    rng = np.random.default_rng(7)
    drawn = []
    for i in range(len(two[0])):
        gaps = rng.normal(size=(DRAWS, rule.gap.shape[1]))
        level = {form: rng.normal(size=DRAWS) for form in sorted(set(forms))}
        gains = []
        for rows in two:
            t, c = rows.unit[i], rows.course[i]
            weight, closure = rule.closures(np.array([t]), np.array([c]))
            scale = rows.gain_mean[i] / (weight * closure.mean).sum()
            loading, leaf = rule.loadings(np.array([t]), np.array([c]))[0], rule.goals.leaf[c]
            prior_sd = min(rule.prior_sd[c], rule.effect_sd[c])
            own_sd = np.sqrt(rule.effect_sd[c] ** 2 - prior_sd**2)
            shift = prior_sd * level[forms[c]] + own_sd * rng.normal(size=DRAWS)
            gap = rule.gap[t, leaf] + rule.gap_sd[t, leaf] * gaps[:, leaf]
            at_mean = _closure(gap, rule.effect[c] * loading)
            linear = shift * (weight[0] * closure.slope[0]).sum()
            gains.append(scale * ((weight[0] * at_mean).sum(axis=1) + linear))
        drawn.append(np.std(gains[0] - gains[1]))
    np.testing.assert_allclose(differences.teachers(*two), drawn, rtol=0.03)


def test_what_is_shared_cancels(
    ready: Recommender, differences: GainDifferences, two: tuple[ScoredPairs, ScoredPairs]
) -> None:
    one, other = two
    np.testing.assert_allclose(differences.teachers(one, one), 0.0, atol=1e-6)
    np.testing.assert_allclose(differences.teachers(one, other), differences.teachers(other, one), rtol=1e-9)
    apart = np.sqrt(one.gain_sd**2 + other.gain_sd**2)
    assert (differences.teachers(one, other) < apart).all()  # completing by chance is no doubt about the order


def test_the_covariance_of_two_closures_of_one_gap() -> None:
    rng = np.random.default_rng(3)
    for gap, sd, one, other in ((0.3, 0.6, 0.2, 0.5), (-0.4, 0.8, 0.3, 0.3), (0.5, 0.4, -0.2, 0.3)):
        draws = rng.normal(gap, sd, 400_000)
        expected = np.cov(_closure(draws, np.array(one)), _closure(draws, np.array(other)))[0, 1]
        value = gap_closure_covariance(np.array(gap), np.array(sd), np.array(one), np.array(other))
        assert float(value) == pytest.approx(expected, abs=2e-3)


def test_tied_means_less_than_six_chances_in_ten(
    ready: Recommender, differences: GainDifferences, pairs: ScoredPairs
) -> None:
    rows = first_places(pairs, 5)
    previous, first = differences.tied("teacher", rows)
    position = rows.positions()
    assert not previous[position == 0].any() and not first[position == 0].any()
    np.testing.assert_array_equal(previous[position == 1], first[position == 1])
    later = np.flatnonzero(position > 0)
    best, own = rows.take(later - position[later]), rows.take(later)
    chance = norm.cdf(np.abs(best.gain_mean - own.gain_mean) / differences.teachers(best, own))
    np.testing.assert_array_equal(first[later], chance <= TIED_BELOW)
    assert 0 < first[later].mean() < 1 and pytest.approx(0.2533, abs=1e-3) == TIED_WITHIN


def test_equal_gains_are_tied_and_a_clear_lead_is_not(differences: GainDifferences, two) -> None:
    one, other = two
    rows = ScoredPairs(*(
        np.stack([getattr(one, name), getattr(other, name)], axis=1).ravel() for name in ScoredPairs.__dataclass_fields__
    ))  # fmt: skip
    equal = replace(rows, gain_mean=np.repeat(one.gain_mean, 2))
    assert differences.tied("teacher", equal)[1][1::2].all()
    ahead = rows.gain_mean.copy()
    ahead[::2] = ahead[1::2] + 100.0
    assert not differences.tied("teacher", replace(rows, gain_mean=ahead))[1].any()


def test_schools_share_their_needs_too(ready: Recommender, differences: GainDifferences, pairs: ScoredPairs) -> None:
    seats = ready.snapshot.tables["courses"]["max_seats"].to_numpy(np.float64)
    rows = first_places(rank_schools(pairs, ready.school_of, seats), 2)
    one, other = rows.take(rows.positions() == 0), rows.take(rows.positions() == 1)
    sd = differences.schools(one, other)
    assert (sd > 0).all() and (sd < np.sqrt(one.gain_sd**2 + other.gain_sd**2)).all()
    np.testing.assert_allclose(differences.schools(one, one), 0.0, atol=1e-6)
