"""Other gains that the evidence allows: draws of what courses do and of what people need.

A course's effect is one draw for all who take it; an error about one need of one teacher is one draw for all
courses that serve it. Draws are lognormal around the estimates, so their mean is the estimate.
"""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.candidate_pairs import Array, Floats
from recommender.planning.problem.district import District

WIDEST = 1.5  # of the log; wider draws say nothing


def draw_gains(district: District, rng: np.random.Generator) -> Floats:
    """(P,) one draw of all gains."""
    pairs = district.pairs
    effect = _lognormal(district.effect_ratio, rng.standard_normal(pairs.courses))
    gain = np.maximum(pairs.gain.astype(np.float64), 1e-12)
    own = (pairs.doubt / gain) ** 2 - district.effect_ratio[pairs.course] ** 2
    z = rng.standard_normal(pairs.cells).astype(np.float32)
    length = np.sqrt((pairs.share**2).sum(axis=1))
    noise = (pairs.share * z[pairs.cell]).sum(axis=1) / np.maximum(length, 1e-6)
    gains = pairs.gain * effect[pairs.course] * _lognormal(np.sqrt(np.maximum(own, 0.0)), noise)
    return gains.astype(np.float32)


def _lognormal(spread: Array, z: Array) -> Array:
    """exp of a normal with this coefficient of variation and mean 1."""
    log_sd = np.minimum(np.sqrt(np.log1p(spread**2)), WIDEST)
    return np.asarray(np.exp(log_sd * z - log_sd**2 / 2))
