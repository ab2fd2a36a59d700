"""Moments of classes against their definitions, computed one class at a time."""

from __future__ import annotations

import numpy as np
import pytest

from features.sources.map.pupil_moments import Scores, class_moments, equated, scale_of, within_covariance

RNG = np.random.default_rng(4)
GROUP = np.repeat(np.arange(4), 8)
WEIGHT = RNG.uniform(0.5, 2.0, 32)
VALUES = RNG.normal(500, 100, (32, 3)) + 30 * GROUP[:, None]


def _variance(x: np.ndarray, w: np.ndarray) -> float:
    size = w.sum() ** 2 / (w**2).sum()
    return float(np.average((x - np.average(x, weights=w)) ** 2, weights=w) * size / (size - 1))


def test_weighted_means_variances_and_plausible_values() -> None:
    moments = class_moments(Scores(GROUP, WEIGHT, VALUES), 4)
    for c in range(4):
        w, y = WEIGHT[c == GROUP], VALUES[c == GROUP]
        means = np.average(y, axis=0, weights=w)
        assert moments.n[c] == 8 and moments.mean[c] == pytest.approx(means.mean())
        assert moments.sd[c] == pytest.approx(np.sqrt(np.mean([_variance(y[:, m], w) for m in range(3)])))
        assert moments.pv_variance[c] == pytest.approx((1 + 1 / 3) * np.var(means, ddof=1))
        assert moments.n_effective[c] == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_equal_weights_have_no_effective_number_and_one_value_no_variance_between() -> None:
    moments = class_moments(Scores(GROUP, np.ones(32), VALUES[:, :1]), 4)
    assert np.isnan(moments.n_effective).all() and np.isnan(moments.pv_variance).all()
    assert moments.sd == pytest.approx([VALUES[c == GROUP, 0].std(ddof=1) for c in range(4)])


def test_a_class_with_a_prior_is_described_by_the_pupils_who_have_one() -> None:
    prior = VALUES[:, :1] + RNG.normal(0, 20, (32, 1))
    prior[:3] = np.nan  # three of the first class
    prior[8:15] = np.nan  # all but one of the second
    moments = class_moments(Scores(GROUP, np.ones(32), VALUES[:, :1], prior), 4)
    assert moments.n.tolist() == [5, 8, 8, 8] and np.isnan(moments.prior_mean[1])
    covariance = np.cov(VALUES[3:8, 0], prior[3:8, 0])
    assert moments.prior_cov[0] == pytest.approx(covariance[0, 1])
    assert moments.prior_sd[0] ** 2 == pytest.approx(covariance[1, 1])


def test_equating_gives_the_prior_the_scale_of_the_scores() -> None:
    prior = (VALUES[:, :1] - 500) / 50
    scores = equated(Scores(GROUP, WEIGHT, VALUES[:, :1], prior))
    assert scores.prior == pytest.approx(VALUES[:, :1])
    constant = equated(Scores(GROUP, WEIGHT, VALUES, np.ones((32, 1))))
    assert constant.prior is None


def test_within_covariance_ignores_differences_between_classes() -> None:
    x = RNG.normal(0, 1, (32, 1))
    first = Scores(GROUP, np.ones(32), x + 100.0 * GROUP[:, None])
    second = Scores(GROUP, np.ones(32), 2 * x - 50.0 * GROUP[:, None])
    pooled = np.mean([2 * x[c == GROUP].var(ddof=1) for c in range(4)])
    assert within_covariance(first, second, 4) == pytest.approx(pooled)
    single = Scores(np.arange(32), np.ones(32), x)
    assert np.isnan(within_covariance(single, single, 32))


def test_a_scale_of_one_pupil_has_no_spread() -> None:
    mean, sd = scale_of(Scores(GROUP[:1], WEIGHT[:1], VALUES[:1, :1]))
    assert mean == VALUES[0, 0] and np.isnan(sd)
