"""The numbers of one (teacher, course) pair, and the one score that puts a list in order.

With evidence the score orders by `gain_mean`, near-ties by take-up. Near-tie means: gains in the same step
of a geometric ladder whose steps are 2% (NEAR_TIE) apart, a difference far below any `gain_sd`. The score
is the step's lower edge, raised by up to one step with the probability of take-up, so it stays in
teacher-SD units, within 2% of `gain_mean`, and its descending order is the order of the list whatever else
is in the list. Without any evidence gain is only its prior and the score is the predicted next enrolment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEAR_TIE: Final = 0.02  # relative width of a step
LEAST_GAIN: Final = 1e-6  # teacher-SD; below it all gains are one step
_STEP: Final = float(np.log1p(NEAR_TIE))


@dataclass(frozen=True)
class PairScores:
    """(n,) each. gain in teacher-SD units, p_complete given enrolment, p_uptake of the next enrolment."""

    score: Array
    gain_mean: Array
    gain_sd: Array
    p_complete: Array
    p_uptake: Array


def list_score(gain_mean: Array, p_uptake: Array) -> Array:
    """(n,) score: first the step of the gain, within a step the take-up. p_uptake must lie in [0, 1]."""
    step = np.floor(np.log(np.maximum(gain_mean, LEAST_GAIN) / LEAST_GAIN) / _STEP)
    edge = np.where(gain_mean > LEAST_GAIN, LEAST_GAIN * np.exp(step * _STEP), 0.0)
    rise = np.expm1(_STEP * 0.999 * np.clip(p_uptake, 0.0, 1.0))
    return np.asarray(np.where(edge > 0, edge, 0.999 * LEAST_GAIN) * rise + edge, dtype=np.float64)
