"""Classes within schools, several dimensions at once, sampling errors known: covariances and posterior.

    y_c = mean + u_s + v_c + e_c      u ~ N(0, school)   v ~ N(0, group)   e_c ~ N(0, R_c), R_c known

The covariances are those of the highest posterior density under inverse-Wishart priors, found by EM (Dempster,
Laird and Rubin 1977; Fay and Herriot 1979 for the known errors; with full R_c as in multivariate small-area
models); a few pseudo-observations keep them positive where there are few classes. Missing dimensions carry no
information and need no imputation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

STEPS: Final = 200
CLOSE: Final = 1e-4  # of the largest variance, between two steps
LEAST: Final = 1e-6


@dataclass(frozen=True)
class MultivariateTwoLevel:
    """mean (D,), school (D, D) and group (D, D) covariances, in the unit of y squared; steps taken."""

    mean: Array
    school: Array
    group: Array
    steps: int


@dataclass(frozen=True)
class _Parts:
    """Posterior of the school parts (S, D) and own parts (C, D) with their covariances."""

    school: Array
    school_cov: Array
    own: Array
    own_cov: Array
    step: Array  # what is left for the mean
    both_cov: Array  # of the sum of the two parts


def fit_two_levels(
    y: Array, errors: Array, school: Index, prior_school: Array, prior_group: Array, weight: float
) -> MultivariateTwoLevel:
    """Covariances from C classes in D dimensions.

    y (C, D), NaN where missing; errors (C, D, D); school (C,) from 0; prior_school and prior_group (D, D) are
    worth `weight` schools and classes.
    """
    mean = np.where(np.isnan(y).all(axis=0), 0.0, np.nan_to_num(np.nanmean(_filled(y), axis=0)))
    between, within = prior_school.copy(), prior_group.copy()
    c, s = len(y), int(school.max()) + 1 if len(y) else 0
    taken = 0
    for _ in range(STEPS):
        taken += 1
        parts = _parts(y, errors, school, s, mean, between, within)
        new_between = (
            parts.school.T @ parts.school + parts.school_cov.sum(axis=0) + weight * prior_school
        ) / (s + weight)
        new_within = (parts.own.T @ parts.own + parts.own_cov.sum(axis=0) + weight * prior_group) / (
            c + weight
        )
        moved = max(np.abs(new_between - between).max(), np.abs(new_within - within).max())
        between, within = _even(new_between), _even(new_within)
        mean = mean + parts.step
        if moved < CLOSE * max(np.diag(between).max(), np.diag(within).max()):
            break
    return MultivariateTwoLevel(mean, between, within, taken)


def class_posterior(
    y: Array, errors: Array, school: Index, levels: MultivariateTwoLevel
) -> tuple[Array, Array]:
    """Mean and SD, (C, D) each, of mean + school part + own part."""
    parts = _parts(
        y, errors, school, int(school.max()) + 1 if len(y) else 0, levels.mean, levels.school, levels.group
    )
    variance = np.einsum("cii->ci", parts.both_cov)
    return levels.mean + parts.school[school] + parts.own, np.sqrt(np.maximum(variance, LEAST))


def _parts(
    y: Array, errors: Array, school: Index, schools: int, mean: Array, between: Array, within: Array
) -> _Parts:
    observed = ~np.isnan(y)
    pair = observed[:, :, None] & observed[:, None, :]
    own = ~observed[:, :, None] * np.eye(y.shape[1])
    precision = np.where(pair, np.linalg.inv(np.where(pair, within + errors, 0.0) + own), 0.0)
    residual = np.where(observed, y - mean, 0.0)
    weighted = np.einsum("cij,cj->ci", precision, residual)
    information = np.zeros((schools, *within.shape))
    vector = np.zeros((schools, len(within)))
    np.add.at(information, school, precision)
    np.add.at(vector, school, weighted)
    cov = np.linalg.inv(np.linalg.inv(between) + information)
    center = np.einsum("sij,sj->si", cov, vector)
    gain = within @ precision
    left = residual - np.where(observed, center[school], 0.0)
    alone = np.einsum("cij,cj->ci", gain, left)
    of_school = cov[school]
    passed = gain @ of_school
    conditional = within - gain @ within
    own_cov = conditional + passed @ gain.transpose(0, 2, 1)
    stay = np.eye(len(within)) - gain
    both_cov = conditional + stay @ of_school @ stay.transpose(0, 2, 1)
    total = information.sum(axis=0) + LEAST * np.eye(len(within))
    step = np.linalg.solve(total, np.einsum("cij,cj->i", precision, left))
    return _Parts(center, cov, alone, own_cov, step, both_cov)


def _filled(y: Array) -> Array:
    """A copy in which a column without any value is all zeros, so that its mean is quiet."""
    return np.where(np.isnan(y).all(axis=0), 0.0, y)


def _even(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
