"""What a posterior says about a gap: probability, expected size, band.

The rules are those users script against: need is P(gap > .3 teacher-SD); a need that is known only
through monitoring or self-report is never clear.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.normal import normal_density, normal_probability

Array = NDArray[np.float64]

SMALLEST_GAP: Final = 0.3  # teacher-SD; smaller gaps are not worth a course
THIN_BELOW: Final = 0.30  # reliability
CLEAR_FROM: Final = 0.80  # P(need)
NONE_UP_TO: Final = 0.30  # P(need)


def p_need(gap_mean: Array, gap_sd: Array) -> Array:
    """P(gap > SMALLEST_GAP), elementwise; a gap without uncertainty gives 0 or 1."""
    sure = (gap_mean > SMALLEST_GAP).astype(np.float64)
    sd = np.where(gap_sd > 0, gap_sd, 1.0)
    return np.where(gap_sd > 0, normal_probability((gap_mean - SMALLEST_GAP) / sd), sure)


def expected_gap(gap_mean: Array, gap_sd: Array) -> Array:
    """E[max(gap, 0)] of a normal gap, elementwise, teacher-SD units."""
    sd = np.where(gap_sd > 0, gap_sd, 1.0)
    z = gap_mean / sd
    return np.where(gap_sd > 0, sd * normal_density(z) + gap_mean * normal_probability(z), np.maximum(gap_mean, 0.0))


def band(reliability: Array, probability: Array, indirect_only: NDArray[np.bool_]) -> NDArray[np.str_]:
    """clear, possible, none or thin, elementwise; the needs table calls units without any record thin throughout.

    indirect_only: True where every source is monitoring or self-report; such a need is at most possible.
    """
    named = np.where(probability <= NONE_UP_TO, "none", "possible")
    named = np.where((probability >= CLEAR_FROM) & ~indirect_only, "clear", named)
    return np.where(reliability < THIN_BELOW, "thin", named).astype(np.str_)
