"""Lists that can all be acted upon: no course stands on more lists than it has seats.

Deferred acceptance (Gale and Shapley 1962; many to many, Roth 1984): everybody asks for her best `top` courses, a
course keeps those who would gain most up to its seats and turns the others away, who then ask for their next. What
comes out is stable: nobody misses a course that somebody who gains less from it was kept for. Among equals a
draw decides that depends on nothing but the order of ids.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.lists.top_lists import Array, ScoredPairs, run_positions

WIDE: Final = 6  # times `top`: how far down her list a teacher may be sent


def within_seats(pairs: ScoredPairs, seats: Array, top: int) -> NDArray[np.bool_]:
    """(n,) True for the at most `top` rows of each unit that fit into `seats` (C,); `pairs` must be ordered."""
    draw = np.random.default_rng(0).permutation(int(pairs.unit.max(initial=-1)) + 1)
    by_course = np.lexsort((draw[pairs.unit], -pairs.gain_mean, pairs.course))
    refused = np.zeros(len(pairs), dtype=bool)
    while True:
        left = np.flatnonzero(~refused)
        asked = np.zeros(len(pairs), dtype=bool)
        asked[left[run_positions(pairs.unit[left]) < top]] = True
        queue = by_course[asked[by_course]]
        away = queue[run_positions(pairs.course[queue]) >= seats[pairs.course[queue]]]
        if not len(away):
            return asked
        refused[away] = True
