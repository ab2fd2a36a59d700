"""How well a teacher's stronger and weaker competencies are told apart: lists depend on it, plain reliability does not say it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.checks.context import SchoolSample

Array = NDArray[np.float64]
MIN_COMPETENCIES: Final = 3  # of a teacher, for a profile


def profile_reliability(sample: SchoolSample, mean: Array) -> float:
    """Share of the variance inside teachers' profiles that the estimates `mean` (n, K) account for; NaN over few people.

    A profile is a teacher's abilities less their mean over the competencies that apply to her. For a posterior mean the
    variance of its profile over that of the true one is their squared correlation (law of total variance); the true one's
    follows from the correlation of competencies, each of variance 1.
    """
    some = sample.applies.sum(axis=1) >= MIN_COMPETENCIES
    if some.sum() < DISTRICT_MINIMUM:
        return float("nan")
    inside = sample.applies[some].astype(np.float64)
    correlation = sample.components.competency_correlation
    count = inside.sum(axis=1)
    true = (inside**2 @ np.diag(correlation)) - np.einsum("nk,kj,nj->n", inside, correlation, inside) / count
    values = mean[some] * inside
    estimated = (values**2).sum(axis=1) - values.sum(axis=1) ** 2 / count
    total = float(true.sum())
    return float(np.clip(estimated.sum() / total, 0.0, 1.0)) if total > 1e-9 else float("nan")
