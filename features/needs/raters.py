"""Severity of raters, solved jointly with the teachers they saw and taken off the scores.

Method: crossed random effects (rater + teacher + visit) by backfitting with shrinkage (Henderson's mixed
model equations, Gauss-Seidel). The share of the rater variance is estimated by moments from teachers seen by
several raters; where nobody was, severity cannot be told from teachers and nothing is taken off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
SWEEPS = 30


def without_severity(value: Array, rater: Index, visit: Index, teacher: Index) -> Array:
    """(n,) values of single items less the severity of their rater, which is one number a rater."""
    if not len(value):
        return value
    visits = int(visit.max()) + 1
    count = np.bincount(visit, minlength=visits)
    mean = np.bincount(visit, value, visits) / count
    _, first = np.unique(visit, return_index=True)
    who, seen = rater[first], teacher[first]
    severity = rater_severity(mean, who, seen)
    return np.asarray(value - severity[who][visit])


def rater_severity(mean: Array, rater: Index, teacher: Index) -> Array:
    """(raters,) severities from one mean a visit; zeros where raters and teachers are not crossed."""
    between, within, noise = _variances(mean, rater, teacher)
    raters, teachers = int(rater.max()) + 1, int(teacher.max()) + 1
    severity, level = np.zeros(raters), np.zeros(teachers)
    if between <= 0:
        return severity
    n_r, n_t = np.bincount(rater, minlength=raters), np.bincount(teacher, minlength=teachers)
    for _ in range(SWEEPS):
        level = np.bincount(teacher, mean - severity[rater], teachers) / (n_t + noise / within)
        severity = np.bincount(rater, mean - level[teacher], raters) / (n_r + noise / between)
    return severity


def _variances(mean: Array, rater: Index, teacher: Index) -> tuple[float, float, float]:
    """(rater, teacher, visit) variances by the products of pairs of visits that share one of the two.

    Products of visits sharing only the teacher average to the teacher variance, only the rater to the rater
    variance; visits sharing both tell what is left.
    """
    total = float(np.mean(mean**2))
    cell = rater.astype(np.int64) * (int(teacher.max()) + 1) + teacher
    own = np.unique(cell, return_inverse=True)[1]
    by_teacher, by_rater, by_both = (_pairs(mean, group) for group in (teacher, rater, own))
    only_t, only_r = by_teacher - by_both, by_rater - by_both
    if only_t[1] < 30 or only_r[1] < 30:
        return 0.0, max(total, 1e-6), 1.0
    within = max(only_t[0] / only_t[1], 0.02 * total)
    between = max(only_r[0] / only_r[1], 0.0)
    return between, within, max(total - within - between, 0.1 * total)


def _pairs(value: Array, group: Index) -> Array:
    """[sum of products, number] over ordered pairs of different values of a group."""
    n = np.bincount(group)
    s = np.bincount(group, value)
    return np.array([float(s @ s - value @ value), float(n @ n - len(value))])
