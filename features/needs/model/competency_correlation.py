"""How competencies correlate within schools: one common factor, and departures of single pairs from it.

Only indicators that speak of one competency tell of it: the product of two that speak of several is partly the variance of
what they share. A product of two sources over that on one and the same competency is a correlation, because both
loadings cancel. Loadings on the factor are drawn to the one that all would have; a pair's departure from the factor is drawn
to 0 as far as the spread of departures is no more than chance (empirical Bayes by moments; DerSimonian and Laird 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.needs.model.cross_products import CrossProducts

Array = NDArray[np.float64]

COMMON: Final = 0.5  # correlation of two competencies, where nothing tells
PRIOR_PRECISION: Final = 0.75  # that it is worth
SCALE_PAIRS: Final = 100.0  # of one competency, that the loadings' product is worth
PRIOR_FACTOR_SD: Final = 0.12  # of a competency's loading on the common factor
PRODUCT_SD: Final = 0.02  # of a mean product, that the model leaves unexplained
PURE: Final = 0.9  # weight on one competency from which an indicator speaks of it alone
FEWEST: Final = 30  # pairs that say anything
SMALLEST_EIGENVALUE: Final = 1e-3


@dataclass(frozen=True)
class SourcePair:
    """Products of two sources within schools: of indicators (J, J') with weights q (J, K) and q' (J', K); expected: product
    of both loadings and of the share of ability's variance within schools."""

    products: CrossProducts
    q: tuple[Array, Array]
    expected: float


def one_factor(loadings: Array) -> Array:
    """(K, K) correlations of competencies that share one factor."""
    shape = np.outer(loadings, loadings)
    np.fill_diagonal(shape, 1.0)
    return np.asarray(shape)


def competency_correlation(pairs: Sequence[SourcePair], k: int) -> tuple[Array, float]:
    """(K, K) correlations, positive definite, and the number of pairs of values that tell of two competencies."""
    value, precision = _correlations(pairs, k)
    apart = ~np.eye(k, dtype=bool)
    number = float(sum(_by_competency(pair).number[apart].sum() for pair in pairs))
    weight = np.where(apart, precision, 0.0)
    common = (float((weight * value).sum()) + PRIOR_PRECISION * COMMON) / (
        float(weight.sum()) + PRIOR_PRECISION
    )
    start = float(np.sqrt(np.clip(common, 0.02, 0.9)))
    loadings = np.full(k, start)
    if k < 3 or not weight.any():
        return one_factor(loadings), number
    i, j = np.nonzero(np.triu(weight, 1))
    root = np.sqrt(weight[i, j])

    def misfit(loading: Array) -> Array:
        return np.concatenate(
            [(value[i, j] - loading[i] * loading[j]) * root, (loading - start) / PRIOR_FACTOR_SD]
        )

    from scipy.optimize import least_squares  # not in processes that only serve

    shape = one_factor(np.asarray(least_squares(misfit, loadings, bounds=(0.0, 0.98)).x))
    return _positive(shape + _departures(value - shape, weight)), number


def _departures(residual: Array, precision: Array) -> Array:
    """(K, K) departures of pairs, drawn to 0 by the share of their spread that is chance."""
    w = np.triu(precision, 1)
    used = w > 0
    if used.sum() < 3:
        return np.zeros_like(residual)
    r, p = residual[used], w[used]
    excess = float((p * r**2).sum() - used.sum()) / (p.sum() - float((p**2).sum()) / p.sum())
    spread = max(excess, 0.0)
    drawn = np.where(precision > 0, residual * spread / (spread + 1.0 / np.maximum(precision, 1e-12)), 0.0)
    np.fill_diagonal(drawn, 0.0)
    return np.asarray(drawn)


def _correlations(pairs: Sequence[SourcePair], k: int) -> tuple[Array, Array]:
    """(K, K) mean correlation of two competencies over the pairs of sources, and its precision, 0 where nothing tells."""
    top, total = np.zeros((k, k)), np.zeros((k, k))
    for pair in pairs:
        sums = _by_competency(pair)
        own, pairs_of_one = float(np.trace(sums.total)), float(np.trace(sums.number))
        weight = pairs_of_one / (pairs_of_one + SCALE_PAIRS)
        scale = weight * own / max(pairs_of_one, 1.0) + (1.0 - weight) * pair.expected
        scale = max(scale, 0.3 * pair.expected)
        number = sums.number + sums.number.T
        np.fill_diagonal(number, 0.0)
        enough = number >= FEWEST
        precision = np.where(enough, scale**2 / (1.0 / np.maximum(number, 1.0) + PRODUCT_SD**2), 0.0)
        product = np.where(enough, (sums.total + sums.total.T) / np.maximum(number, 1.0) / scale, 0.0)
        top += precision * product
        total += precision
    return np.where(total > 0, top / np.maximum(total, 1e-12), 0.0), total


def _by_competency(pair: SourcePair) -> CrossProducts:
    """Sums (K, K) over the indicators that speak of one competency."""
    left, right = (np.asarray(q >= PURE, dtype=np.float64) for q in pair.q)
    return CrossProducts(left.T @ pair.products.total @ right, left.T @ pair.products.number @ right)


def _positive(shape: Array) -> Array:
    """The correlation matrix with eigenvalues of at least SMALLEST_EIGENVALUE."""
    values, vectors = np.linalg.eigh(shape)
    clipped = (vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
    sd = np.sqrt(np.diag(clipped))
    return np.asarray(clipped / np.outer(sd, sd))
