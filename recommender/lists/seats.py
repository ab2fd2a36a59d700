"""Lists that everybody can follow at once: no course is on more lists than it has seats.

Deferred acceptance (Gale and Shapley 1962; many to many, Roth 1984): everybody applies for her best `top` courses, a
course keeps the applicants with the largest gains up to its seats and rejects the others, who then apply for their
next. The result is stable: nobody is rejected by a course that keeps somebody with a smaller gain. Equal gains are
ordered at random with a fixed seed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.lists.top_lists import Array, ScoredPairs, run_positions

WIDE: Final = 6  # times `top`: the lowest place of her list that a teacher may apply for


def within_seats(pairs: ScoredPairs, seats: Array, top: int) -> NDArray[np.bool_]:
    """(n,) True for the at most `top` rows of each unit accepted within `seats` (C,); `pairs` must be ordered."""
    draw = np.random.default_rng(0).permutation(int(pairs.unit.max(initial=-1)) + 1)
    by_course = np.lexsort((draw[pairs.unit], -pairs.gain_mean, pairs.course))
    turned_down = np.zeros(len(pairs), dtype=bool)
    while True:
        remaining = np.flatnonzero(~turned_down)
        applied = np.zeros(len(pairs), dtype=bool)
        applied[remaining[run_positions(pairs.unit[remaining]) < top]] = True
        queue = by_course[applied[by_course]]
        rejected = queue[run_positions(pairs.course[queue]) >= seats[pairs.course[queue]]]
        if not len(rejected):
            return applied
        turned_down[rejected] = True
