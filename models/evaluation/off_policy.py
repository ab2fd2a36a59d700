"""What a new ranking would bring, from what an old one logged: IPS, SNIPS and doubly robust, with sample size.

A logged row: a person, the course she was given with a known probability (lottery seats, `enrolments.propensity`),
what came of it. The new ranking is a probability of the same course for the same person. Sources: Horvitz and
Thompson 1952; Swaminathan and Joachims 2015 (self-normalised); Dudik, Langford and Li 2011 (doubly robust).
An effective sample size below `LEAST_ESS` says that the log can tell nothing of this ranking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Interval, mean_interval

Array = NDArray[np.float64]
LEAST_ESS: Final = 50.0
LARGEST_WEIGHT: Final = 50.0


@dataclass(frozen=True)
class PolicyValue:
    """Estimates with 95% intervals over clusters; `ess` (sum w)^2 / sum w^2, `clipped` the share of weights cut."""

    ips: Interval
    snips: Interval
    dr: Interval
    ess: float
    clipped: float

    @property
    def trusted(self) -> bool:
        """Whether the log can speak for this ranking at all."""
        return self.ess >= LEAST_ESS


def policy_value(
    outcome: Array, logged: Array, wanted: Array, expected_given: Array, expected_new: Array,
    clusters: NDArray[np.generic], seed: int,
) -> PolicyValue:  # fmt: skip
    """n rows each: outcome; probability logged and under the new ranking of what was given; what a model expects of
    what was given, and under the new ranking. Raises ValueError on a logged probability outside (0, 1]."""
    if len(logged) and not ((logged > 0) & (logged <= 1)).all():
        raise ValueError("a logged probability must lie in (0, 1]")
    raw = wanted / logged
    weight = np.minimum(raw, LARGEST_WEIGHT)
    total = float((weight**2).sum())
    ess = float(weight.sum() ** 2 / total) if total > 0 else 0.0
    mean = float(weight.mean()) if len(weight) else 0.0
    ratio = float((weight * outcome).sum() / weight.sum()) if mean > 0 else float("nan")
    around = ratio + weight * (outcome - ratio) / mean if mean > 0 else np.full(len(weight), np.nan)
    return PolicyValue(
        mean_interval(weight * outcome, clusters, seed),
        mean_interval(around, clusters, seed),
        mean_interval(expected_new + weight * (outcome - expected_given), clusters, seed),
        ess,
        float((raw > LARGEST_WEIGHT).mean()) if len(raw) else 0.0,
    )
