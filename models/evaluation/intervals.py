"""Intervals of averages over queries when the teachers of one school resemble each other.

Method: the cluster bootstrap (Davison and Hinkley 1997, section 3.8): whole schools are drawn with
replacement, two scorers are compared on the same draws (paired). With few schools the percentile interval
is too narrow; its tail probabilities are widened as Hesterberg 2015 (The American Statistician 69:4) does
for small samples: alpha' = Phi(-sqrt(G / (G - 1)) t_{alpha, G - 1}). Below 8 schools draws cannot reach far
enough, whatever the tail; there it is the linearised ratio estimator with Student's t on G - 1 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

Array = NDArray[np.float64]

DRAWS: Final = 1000
LEVEL: Final = 0.95
FEWEST_TO_DRAW: Final = 8  # clusters
FEWEST: Final = 4  # below, no interval is worth showing


@dataclass(frozen=True)
class Interval:
    """An average with its interval; NaN bounds where fewer than four clusters carry a value."""

    value: float
    low: float
    high: float
    clusters: int

    @property
    def above_zero(self) -> bool:
        """True when the whole interval lies above 0."""
        return bool(self.low > 0)


def mean_interval(values: Array, clusters: NDArray[np.generic], seed: int, level: float = LEVEL) -> Interval:
    """The average of `values` (Q,), NaN left out, with its interval over draws of `clusters` (Q,)."""
    keep = ~np.isnan(values)
    codes = np.unique(clusters[keep], return_inverse=True)[1]
    count = int(codes.max()) + 1 if len(codes) else 0
    if count == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    sums = np.bincount(codes, weights=values[keep], minlength=count)
    sizes = np.bincount(codes, minlength=count).astype(np.float64)
    value = float(sums.sum() / sizes.sum())
    if count < FEWEST:
        return Interval(value, float("nan"), float("nan"), count)
    if count < FEWEST_TO_DRAW:
        off = sums - value * sizes
        error = float(np.sqrt(count / (count - 1) * (off**2).sum()) / sizes.sum())
        reach = float(student.ppf(0.5 + level / 2.0, count - 1)) * error
        return Interval(value, value - reach, value + reach, count)
    times = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=DRAWS)
    averages = (times @ sums) / (times @ sizes)
    tail = _widened_tail((1.0 - level) / 2.0, count)
    low, high = np.quantile(averages, [tail, 1.0 - tail])
    return Interval(value, float(low), float(high), count)


def paired_difference(
    ours: Array, theirs: Array, clusters: NDArray[np.generic], seed: int, level: float = LEVEL
) -> Interval:
    """The average of ours - theirs over the same queries (Q,), with its interval; NaN on a side left out."""
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.shape} values cannot be paired with {theirs.shape}")
    return mean_interval(ours - theirs, clusters, seed, level)


def permutation_p(ours: Array, theirs: Array, clusters: NDArray[np.generic], seed: int) -> float:
    """Two-sided p of no difference: whole clusters swap sides (Fisher's sign flips); NaN below four clusters."""
    gap = ours - theirs
    keep = ~np.isnan(gap)
    codes = np.unique(clusters[keep], return_inverse=True)[1]
    sums = np.bincount(codes, weights=gap[keep]) if len(codes) else np.zeros(0)
    if len(sums) < FEWEST:
        return float("nan")
    signs = np.random.default_rng(seed).choice(np.array([-1.0, 1.0]), (DRAWS, len(sums)))
    as_far = np.abs(signs @ sums) >= abs(sums.sum()) - 1e-12
    return float((1 + as_far.sum()) / (DRAWS + 1))


def _widened_tail(tail: float, clusters: int) -> float:
    t = float(student.ppf(tail, clusters - 1))
    return float(norm.cdf(np.sqrt(clusters / (clusters - 1)) * t))
