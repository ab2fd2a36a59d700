"""The same values as `scipy.stats`, to the last bit."""

from __future__ import annotations

import numpy as np
from scipy import stats

from features.normal import normal_density, normal_probability, normal_quantile, student_quantile

X = np.r_[np.linspace(-40, 40, 4001), np.random.default_rng(1).normal(size=4000), 0.0, -0.0, np.inf, -np.inf, np.nan]
P = np.r_[np.linspace(0, 1, 1001), 1e-300, 1 - 1e-16, 0.6]


def test_values_are_those_of_scipy_stats() -> None:
    np.testing.assert_array_equal(normal_density(X), stats.norm.pdf(X))
    np.testing.assert_array_equal(normal_probability(X), stats.norm.cdf(X))
    np.testing.assert_array_equal(normal_probability(-X), stats.norm.sf(X))
    np.testing.assert_array_equal(normal_quantile(P), stats.norm.ppf(P))
    for df in (1, 2, 3.5, 30, 1000):
        inside = P[(P > 0) & (P < 1)]
        np.testing.assert_array_equal(student_quantile(inside, df), stats.t.ppf(inside, df))
