"""Covariances and posterior of classes in schools, held against dense algebra and known truth."""

from __future__ import annotations

import numpy as np

from features.needs.classes.multivariate_two_level import (
    MultivariateTwoLevel,
    class_posterior,
    fit_two_levels,
)


def _classes(seed: int, schools: int = 150, d: int = 3):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), 3)
    s, g = np.full((d, d), 0.1) + 0.1 * np.eye(d), np.full((d, d), 0.15) + 0.15 * np.eye(d)
    r = 0.2 * (np.full((d, d), 0.6) + 0.4 * np.eye(d))
    errors = np.repeat(r[None], len(school), axis=0) * rng.uniform(0.5, 1.5, len(school))[:, None, None]
    own = rng.multivariate_normal(np.zeros(d), g, len(school))
    true = 1.0 + rng.multivariate_normal(np.zeros(d), s, schools)[school] + own
    noise = np.array([rng.multivariate_normal(np.zeros(d), e) for e in errors])
    y = true + noise
    y[rng.random(y.shape) < 0.1] = np.nan
    return y, errors, school, true, s, g


def test_the_posterior_is_that_of_the_dense_model() -> None:
    y, errors, school, _, s, g = _classes(1, schools=4)
    levels = MultivariateTwoLevel(np.full(3, 1.0), s, g, 0)
    mean, sd = class_posterior(y, errors, school, levels)
    n, d = y.shape
    prior = np.kron(school[:, None] == school[None, :], s) + np.kron(np.eye(n), g)
    r = np.zeros((n * d, n * d))
    for c in range(n):
        r[c * d : c * d + d, c * d : c * d + d] = errors[c]
    seen = ~np.isnan(y).ravel()
    total = (prior + r)[np.ix_(seen, seen)]
    gain = prior[:, seen] @ np.linalg.inv(total)
    expected = 1.0 + gain @ (y.ravel()[seen] - 1.0)
    variance = np.diag(prior - gain @ prior[seen])
    np.testing.assert_allclose(mean.ravel(), expected, atol=1e-8)
    np.testing.assert_allclose(sd.ravel(), np.sqrt(variance), atol=1e-8)


def test_covariances_are_found_and_intervals_hold() -> None:
    y, errors, school, true, s, g = _classes(2, schools=400)
    levels = fit_two_levels(y, errors, school, 0.1 * np.eye(3), 0.1 * np.eye(3), 2.0)
    np.testing.assert_allclose(levels.school, s, atol=0.06)
    np.testing.assert_allclose(levels.group, g, atol=0.06)
    mean, sd = class_posterior(y, errors, school, levels)
    assert abs((np.abs(mean - true) < 1.645 * sd).mean() - 0.9) < 0.03
