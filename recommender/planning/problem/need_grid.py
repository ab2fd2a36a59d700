"""Who needs what, as plans know it: as estimated, or averaged over groups of near-ties.

A need is a teacher's gap in one competency that is clear or possible and not thin. After the lots a cell stands for
the share of its group with that need, so the number of needs stays the same over a group and is nobody's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.needs.gap import THIN_BELOW, p_need

Array = NDArray[np.float64]
NEED_THRESHOLD: Final = 0.30  # p_need above which a need is possible or clear


@dataclass(frozen=True)
class NeedGrid:
    """(N * K,) each, person by person. weight: how many needs a cell stands for, 0 to 1. gap_mean, gap_sd: of the gap
    of such a need, teacher-SD units, the spread within a group of near-ties counted in. expected_gap: of such a need."""

    weight: Array
    gap_mean: Array
    gap_sd: Array
    expected_gap: Array

    @classmethod
    def estimated(cls, needs: Any, people: NDArray[np.intp]) -> NeedGrid:
        """needs: of a snapshot, people: rows of it."""
        needed = needs.applies & (needs.p_need > NEED_THRESHOLD) & (needs.reliability >= THIN_BELOW)
        grids = (needed, needs.gap_mean, needs.gap_sd, needs.expected_gap)
        return cls(*(np.asarray(grid[people], dtype=np.float64).ravel() for grid in grids))

    def met(self, closing: Array) -> float:
        """Expected number of needs that closing (N * K,), teacher-SD units, brings to within SMALLEST_GAP of the target."""
        cells = np.flatnonzero((self.weight > 0) & (closing > 0))
        return float(self.change(cells, closing[cells]).sum())

    def change(self, cells: NDArray[np.intp], closing: Array) -> Array:
        """(n,) expected number of needs met in each of the cells."""
        mean, sd = self.gap_mean[cells], self.gap_sd[cells]
        return np.asarray(self.weight[cells] * (p_need(mean, sd) - p_need(mean - closing, sd)))

    def averaged(self, mean_over: Callable[[Array], Array]) -> NeedGrid:
        """mean_over: (N * K,) values -> the mean of each cell's group. Means and variances are those of a need drawn from
        the group; where it has none, the cell stands for nothing."""
        weight = mean_over(self.weight)
        some = weight > 0

        def of_needs(values: Array) -> Array:
            return np.divide(mean_over(self.weight * values), weight, out=np.zeros_like(weight), where=some)

        mean = of_needs(self.gap_mean)
        square = of_needs(self.gap_sd**2 + self.gap_mean**2)
        return NeedGrid(weight, mean, np.sqrt(np.maximum(square - mean**2, 0.0)), of_needs(self.expected_gap))
