"""The numbers of one (teacher, course) pair, and the one score that orders a list.

With evidence the score orders by `gain_mean`, near-ties by the probability of enrolment. Near-tie means: gains in the
same step of a geometric ladder whose steps are 2% (NEAR_TIE) apart, a difference far below any `gain_sd`. The score
is the step's lower edge, raised by up to one step with the probability of enrolment, so it stays in
teacher-SD units, within 2% of `gain_mean`, and its descending order is the order of the list whatever else
is in the list. Without any evidence gain is only its prior and the score is the predicted next enrolment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEAR_TIE: Final = 0.02  # relative width of a step
LEAST_GAIN: Final = 1e-6  # teacher-SD; below it all gains are one step
_STEP: Final = float(np.log1p(NEAR_TIE))


@dataclass(frozen=True)
class PairScores:
    """(n,) each. Gains in teacher-SD units; `gain_course_sd` is the part of `gain_sd` that comes from the course's
    effect and is common to all who take it. p_complete given enrolment, p_enrol of the next enrolment."""

    score: Array
    gain_mean: Array
    gain_sd: Array
    gain_course_sd: Array
    p_complete: Array
    p_enrol: Array

    @classmethod
    def concatenate(cls, parts: Sequence[PairScores]) -> PairScores:
        """The rows of all parts in their order; empty for no parts."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([np.zeros(0), *(getattr(p, name) for p in parts)]) for name in names))


def list_score(gain_mean: Array, p_enrol: Array) -> Array:
    """(n,) score: first the step of the gain, within a step the probability of enrolment in [0, 1]."""
    step = np.floor(np.log(np.maximum(gain_mean, LEAST_GAIN) / LEAST_GAIN) / _STEP)
    edge = np.where(gain_mean > LEAST_GAIN, LEAST_GAIN * np.exp(step * _STEP), 0.0)
    rise = np.expm1(_STEP * 0.999 * np.clip(p_enrol, 0.0, 1.0))
    return np.asarray(np.where(edge > 0, edge, 0.999 * LEAST_GAIN) * rise + edge, dtype=np.float64)
