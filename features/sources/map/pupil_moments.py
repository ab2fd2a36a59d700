"""Counts, means, variances and covariances of classes from pupils' scores: all that is kept of the pupils.

Weights enter means and variances; the variance of a class is corrected by its effective number of pupils
n_effective = (sum w)^2 / sum w^2 (Kish 1965). Plausible values are averaged, and (1 + 1/M) times the variance
of a class mean between them is a column of its own (Rubin 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Scores:
    """P pupils in C classes. group (P,) class of each; weight (P,); values (P, M) plausible values of one
    dimension on its scale, NaN where missing; prior (P, L) earlier scores likewise, or None."""

    group: Index
    weight: Array
    values: Array
    prior: Array | None = None

    @property
    def present(self) -> NDArray[np.bool_]:
        """(P,) pupils with a score."""
        return np.asarray(~np.isnan(self.values).any(axis=1))


@dataclass(frozen=True)
class Moments:
    """(C,) each, NaN where unknown; `n` counts pupils, `n_effective` is NaN where all weights are equal."""

    n: Array
    mean: Array
    sd: Array
    n_effective: Array
    pv_variance: Array
    prior_mean: Array
    prior_sd: Array
    prior_cov: Array


def scale_of(scores: Scores) -> tuple[float, float]:
    """Mean and standard deviation of all pupils, the latter averaged over plausible values."""
    rows = scores.present
    w, y = scores.weight[rows], scores.values[rows]
    if len(y) < 2:
        return float(y.mean()) if len(y) else np.nan, np.nan
    mean = np.average(y, axis=0, weights=w)
    size = w.sum() ** 2 / (w**2).sum()
    variance = np.average((y - mean) ** 2, axis=0, weights=w) * size / max(size - 1, 1e-9)
    return float(mean.mean()), float(np.sqrt(variance.mean()))


def equated(scores: Scores) -> Scores:
    """The same scores, the earlier ones on their scale: linear equating by mean and SD of pupils with both."""
    if scores.prior is None:
        return scores
    both = scores.present & ~np.isnan(scores.prior).any(axis=1)
    w = scores.weight
    mean, sd = scale_of(Scores(scores.group[both], w[both], scores.values[both]))
    prior_mean, prior_sd = scale_of(Scores(scores.group[both], w[both], scores.prior[both]))
    if not prior_sd > 0 or not sd > 0:
        return Scores(scores.group, w, scores.values)
    return Scores(scores.group, w, scores.values, mean + (scores.prior - prior_mean) * sd / prior_sd)


def class_moments(scores: Scores, classes: int) -> Moments:
    """Moments of `classes` classes. Where two pupils or more of a class have an earlier score, the class is
    described by these pupils alone, so that score and prior are the same pupils'; else by all its pupils,
    without prior."""
    rows = scores.present
    if scores.prior is None:
        return _moments(scores, rows, classes, with_prior=False)
    both = rows & ~np.isnan(scores.prior).any(axis=1)
    enough = np.bincount(scores.group[both], minlength=classes) >= 2
    paired = _moments(scores, both & enough[scores.group], classes, with_prior=True)
    others = _moments(scores, rows & ~enough[scores.group], classes, with_prior=False)
    fields = (np.where(enough, a, b) for a, b in zip(_all(paired), _all(others), strict=True))
    return Moments(*fields)


def within_covariance(first: Scores, second: Scores, classes: int) -> float:
    """Covariance of one pupil's two scores within classes, pooled; NaN where no class has two pupils."""
    rows = first.present & second.present
    g, w = first.group[rows], first.weight[rows]
    cross_products, degrees = 0.0, 0.0
    draws = min(first.values.shape[1], second.values.shape[1])
    weight = _total(g, w, classes)
    size = weight**2 / np.maximum(_total(g, w**2, classes), 1e-300)
    for m in range(draws):
        x, y = (_centred(s.values[rows, m], g, w, weight) for s in (first, second))
        cross = _total(g, w * x * y, classes) / np.maximum(weight, 1e-300)
        cross_products += float((cross * size).sum())
        degrees += float(np.maximum(size - 1, 0).sum())
    return cross_products / degrees if degrees > 0 else np.nan


def _moments(scores: Scores, rows: NDArray[np.bool_], classes: int, with_prior: bool) -> Moments:
    g, w = scores.group[rows], scores.weight[rows]
    n = np.bincount(g, minlength=classes).astype(np.float64)
    total, squares = _total(g, w, classes), _total(g, w**2, classes)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = total**2 / squares
        means = [_mean(scores.values[rows, m], g, w, total) for m in range(scores.values.shape[1])]
        variances = [
            _covariance(scores.values[rows, m], scores.values[rows, m], g, w, total, size)
            for m in range(scores.values.shape[1])
        ]
        draws = len(means)
        between = np.var(means, axis=0, ddof=1) if draws > 1 else np.full(classes, np.nan)
        missing = np.full(classes, np.nan)
        prior_mean, prior_sd, prior_cov = missing, missing, missing
        if with_prior and scores.prior is not None:
            prior = scores.prior[rows]
            each = range(prior.shape[1])
            prior_mean = np.mean([_mean(prior[:, k], g, w, total) for k in each], axis=0)
            prior_sd = np.sqrt(
                np.mean([_covariance(prior[:, k], prior[:, k], g, w, total, size) for k in each], axis=0)
            )
            pairs = [(m % draws, m % prior.shape[1]) for m in range(max(draws, prior.shape[1]))]
            cross = [_covariance(scores.values[rows, m], prior[:, k], g, w, total, size) for m, k in pairs]
            prior_cov = np.mean(cross, axis=0)
        equal = bool(len(w) == 0 or (w == w[0]).all())
        return Moments(
            n,
            np.mean(means, axis=0),
            np.sqrt(np.mean(variances, axis=0)),
            missing if equal else size,
            (1 + 1 / draws) * between,
            prior_mean,
            prior_sd,
            prior_cov,
        )


def _total(g: Index, x: Array, classes: int) -> Array:
    return np.asarray(np.bincount(g, x, classes), dtype=np.float64)


def _mean(x: Array, g: Index, w: Array, total: Array) -> Array:
    return np.asarray(_total(g, w * x, len(total)) / total)


def _centred(x: Array, g: Index, w: Array, total: Array) -> Array:
    """(P,) distances from the mean of the class."""
    with np.errstate(invalid="ignore", divide="ignore"):  # classes without pupils
        return np.asarray(x - _mean(x, g, w, total)[g])


def _covariance(x: Array, y: Array, g: Index, w: Array, total: Array, size: Array) -> Array:
    """(C,) covariance within each class, NaN where it has a single pupil."""
    products = w * _centred(x, g, w, total) * _centred(y, g, w, total)
    biased = _total(g, products, len(total)) / total
    return np.asarray(np.where(size > 1 + 1e-9, biased * size / (size - 1), np.nan))


def _all(m: Moments) -> tuple[Array, ...]:
    return m.n, m.mean, m.sd, m.n_effective, m.pv_variance, m.prior_mean, m.prior_sd, m.prior_cov
