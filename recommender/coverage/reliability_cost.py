"""How much surer the needs are of teachers about whom a source has rows than of those about whom it has none.

Means over two groups of teachers as they are: those without a source often lack others too, so the difference says where little
is known, not what the source alone would add; `recommender visits` answers that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.disclosure import publishable
from features.needs.needs import Needs


@dataclass(frozen=True)
class ReliabilityCost:
    """Mean reliability of needs with and without the source; error: standard error of the difference."""

    present: float
    missing: float
    error: float


def reliability_cost(needs: Needs, teachers: NDArray[np.intp], covered: NDArray[np.bool_]) -> ReliabilityCost | None:
    """teachers: indices; covered: of each of them. None where either group is too small to be told of."""
    applies = needs.applies[teachers]
    cells = applies.sum(axis=1)
    mean = np.where(applies, needs.reliability[teachers], 0.0).sum(axis=1) / np.maximum(cells, 1)
    one, other = mean[covered & (cells > 0)], mean[~covered & (cells > 0)]
    if not publishable((len(one), len(other))):
        return None
    error = float(np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)))
    return ReliabilityCost(round(float(one.mean()), 2), round(float(other.mean()), 2), round(error, 3))
