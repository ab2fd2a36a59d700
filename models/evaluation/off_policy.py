"""Off-policy value of a new ranking from the log of an old one: IPS, SNIPS and doubly robust, with sample size.

A logged row: a person, the course she got with a known probability (lottery seats, `enrolments.propensity`) and the
outcome. The new ranking is a probability of the same course for the same person. Sources: Horvitz and
Thompson 1952; Swaminathan and Joachims 2015 (self-normalised); Dudik, Langford and Li 2011 (doubly robust).
Below an effective sample size of `MIN_ESS` the log has too little information on this ranking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Interval, mean_interval

Array = NDArray[np.float64]
MIN_ESS: Final = 50.0
MAX_WEIGHT: Final = 50.0


@dataclass(frozen=True)
class PolicyValue:
    """Estimates with 95% intervals over clusters; `ess` is (sum w)^2 / sum w^2, `clipped` the share of weights clipped."""

    ips: Interval
    snips: Interval
    dr: Interval
    ess: float
    clipped: float

    @property
    def trusted(self) -> bool:
        """Whether the effective sample size is large enough."""
        return self.ess >= MIN_ESS


def policy_value(
    outcome: Array, propensity: Array, target: Array, expected: Array, expected_new: Array,
    clusters: NDArray[np.generic], seed: int,
) -> PolicyValue:  # fmt: skip
    """All arrays (n,). propensity, target: probability of the logged course under the old and the new ranking.
    expected, expected_new: a model's expected outcome of the logged course, and under the new ranking.

    Raises ValueError for a propensity outside (0, 1].
    """
    if len(propensity) and not ((propensity > 0) & (propensity <= 1)).all():
        raise ValueError("a logged probability must lie in (0, 1]")
    raw = target / propensity
    weight = np.minimum(raw, MAX_WEIGHT)
    total = float((weight**2).sum())
    ess = float(weight.sum() ** 2 / total) if total > 0 else 0.0
    mean = float(weight.mean()) if len(weight) else 0.0
    ratio = float((weight * outcome).sum() / weight.sum()) if mean > 0 else float("nan")
    linearized = ratio + weight * (outcome - ratio) / mean if mean > 0 else np.full(len(weight), np.nan)
    return PolicyValue(
        mean_interval(weight * outcome, clusters, seed),
        mean_interval(linearized, clusters, seed),
        mean_interval(expected_new + weight * (outcome - expected), clusters, seed),
        ess,
        float((raw > MAX_WEIGHT).mean()) if len(raw) else 0.0,
    )
