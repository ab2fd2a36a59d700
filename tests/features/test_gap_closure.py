"""Gap closure and readiness against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from features.gap_closure import (
    CAP,
    gap_closure,
    gap_closure_moments,
    readiness,
    readiness_variance,
    teacher_levels,
)


@pytest.mark.parametrize(
    ("mean", "sd"), [(0.5, 0.6), (-0.7, 0.4), (2.0, 0.5), (0.4, 0.0), (-1.0, 0.0), (3.0, 0)]
)
def test_gap_closure_moments_are_those_of_simulated_gaps(mean, sd):
    simulated = np.clip(np.random.default_rng(0).normal(mean, sd, 400_000), 0, CAP)
    moments = gap_closure_moments(np.array([mean]), np.array([sd]))
    assert moments[0][0] == pytest.approx(simulated.mean(), abs=2e-3)
    assert moments[1][0] == pytest.approx(simulated.var(), abs=2e-3)


@pytest.mark.parametrize(
    ("mean", "sd", "effect"),
    [(0.5, 0.6, 0.3), (-0.7, 0.4, 0.5), (2.0, 0.5, 0.2), (0.4, 0.0, 0.6), (0.1, 0.3, 0.02)],
)
def test_a_course_closes_of_a_gap_no_more_than_there_is(mean, sd, effect):
    gap = np.random.default_rng(0).normal(mean, sd, 400_000)
    simulated = np.clip(gap, 0, effect * 0.5)
    one = np.ones((1, 1))
    closure = gap_closure(one * mean, one * sd, one * 0.5, np.array([effect]), np.zeros(1))
    assert closure.mean[0, 0] == pytest.approx(simulated.mean(), abs=1e-3)
    assert closure.variance[0, 0] == pytest.approx(simulated.var(), abs=1e-3)
    more = gap_closure(one * mean, one * sd, one * 0.5, np.array([effect + 1e-4]), np.zeros(1))
    assert closure.slope[0, 0] == pytest.approx((more.mean - closure.mean)[0, 0] / 1e-4, abs=1e-3)


def test_readiness_is_that_of_simulated_levels_and_a_missing_level_is_their_average():
    level, level_sd = np.array([2.3]), np.array([0.7])
    simulated = np.random.default_rng(0).normal(2.3, 0.7, 400_000)
    for course_level in (1.0, 3.0):
        direct = np.exp(-((course_level - simulated) ** 2) / (2 * 0.8**2)).mean()
        assert readiness(np.array([course_level]), level, level_sd)[0] == pytest.approx(direct, abs=2e-3)
    four = [readiness(np.array([s]), level, level_sd)[0] for s in (1.0, 2.0, 3.0, 4.0)]
    assert readiness(np.array([np.nan]), level, level_sd)[0] == pytest.approx(np.mean(four))
    levels = teacher_levels(np.array([-9.0, 0.0, 9.0]), np.zeros(3))[0]
    np.testing.assert_allclose(levels, [0.5, 2.5, 4.5], atol=1e-6)


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.7), (-1.2, 0.5), (0.8, 1.4), (0.3, 0.0)])
def test_levels_have_the_moments_of_simulated_standings(mean, sd):
    simulated = 0.5 + 4.0 * norm.cdf(np.random.default_rng(0).normal(mean, sd, 400_000))
    level, level_sd = teacher_levels(np.array([mean]), np.array([sd]))
    assert level[0] == pytest.approx(simulated.mean(), abs=5e-3)
    assert level_sd[0] == pytest.approx(simulated.std(), abs=5e-3)


@pytest.mark.parametrize("course_level", [1.0, 3.0, np.nan])
def test_the_variance_of_readiness_is_that_of_simulated_levels(course_level):
    rng = np.random.default_rng(0)
    stands = rng.normal(2.3, 0.7, 400_000)
    steps = rng.integers(1, 5, len(stands)) if np.isnan(course_level) else course_level
    simulated = np.exp(-((steps - stands) ** 2) / (2 * 0.8**2)).var()
    variance = readiness_variance(np.array([course_level]), np.array([2.3]), np.array([0.7]))[0]
    assert variance == pytest.approx(simulated, abs=2e-3)
