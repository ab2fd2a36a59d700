"""Intervals of means over queries that are clustered by school.

Method: the cluster bootstrap (Davison and Hinkley 1997, section 3.8): whole schools are drawn with replacement, two
scorers are compared on the same draws (paired). With few schools the percentile interval is too narrow; its tail
probabilities are widened as Hesterberg 2015 (The American Statistician 69:4) does for small samples:
alpha' = Phi(-sqrt(G / (G - 1)) t_{alpha, G - 1}). Below 8 schools the bootstrap distribution is too short-tailed for any
tail probability; there the interval is that of the linearised ratio estimator, Student's t on G - 1 degrees of freedom.

One multinomial draw of counts resamples the sums and the sizes of all clusters at once, which `scipy.stats.bootstrap`
has no way to express: it resamples values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.normal import normal_probability, student_quantile

Array = NDArray[np.float64]

DRAWS: Final = 1000
LEVEL: Final = 0.95
MIN_TO_BOOTSTRAP: Final = 8  # clusters; fewer use Student's t
MIN_CLUSTERS: Final = 4  # fewer give no interval


@dataclass(frozen=True)
class Interval:
    """A mean with its interval; bounds are NaN where fewer than MIN_CLUSTERS clusters have a value."""

    value: float
    low: float
    high: float
    clusters: int

    @property
    def above_zero(self) -> bool:
        """True when the whole interval lies above 0."""
        return bool(self.low > 0)


def mean_interval(values: Array, clusters: NDArray[np.generic], seed: int, level: float = LEVEL) -> Interval:
    """The mean of `values` (Q,) without NaN, with its interval over resampled `clusters` (Q,)."""
    valid = ~np.isnan(values)
    codes = np.unique(clusters[valid], return_inverse=True)[1]
    count = int(codes.max()) + 1 if len(codes) else 0
    if count == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    sums = np.bincount(codes, weights=values[valid], minlength=count)
    sizes = np.bincount(codes, minlength=count).astype(np.float64)
    value = float(sums.sum() / sizes.sum())
    if count < MIN_CLUSTERS:
        return Interval(value, float("nan"), float("nan"), count)
    if count < MIN_TO_BOOTSTRAP:
        residual = sums - value * sizes
        error = float(np.sqrt(count / (count - 1) * (residual**2).sum()) / sizes.sum())
        half_width = float(student_quantile(0.5 + level / 2.0, count - 1)) * error
        return Interval(value, value - half_width, value + half_width, count)
    counts = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=DRAWS)
    means = (counts @ sums) / (counts @ sizes)
    tail = _widened_tail((1.0 - level) / 2.0, count)
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(value, float(low), float(high), count)


def paired_difference(
    a: Array, b: Array, clusters: NDArray[np.generic], seed: int, level: float = LEVEL
) -> Interval:
    """The mean of a - b over the same queries (Q,), with its interval; queries with a NaN are left out.

    Raises ValueError where the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} values cannot be paired with {b.shape}")
    return mean_interval(a - b, clusters, seed, level)


def permutation_p(a: Array, b: Array, clusters: NDArray[np.generic], seed: int) -> float:
    """Two-sided p of no difference by sign flips of whole clusters (Fisher); NaN below MIN_CLUSTERS clusters."""
    difference = a - b
    valid = ~np.isnan(difference)
    codes = np.unique(clusters[valid], return_inverse=True)[1]
    sums = np.bincount(codes, weights=difference[valid]) if len(codes) else np.zeros(0)
    if len(sums) < MIN_CLUSTERS:
        return float("nan")
    signs = np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), (DRAWS, len(sums)))
    extreme = np.abs(signs @ sums) >= abs(sums.sum()) - 1e-12
    return float((1 + extreme.sum()) / (DRAWS + 1))


def _widened_tail(tail: float, clusters: int) -> float:
    t = float(student_quantile(tail, clusters - 1))
    return float(normal_probability(np.sqrt(clusters / (clusters - 1)) * t))
