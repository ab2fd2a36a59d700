"""Whether two neighbours of a list are about equal.

Two courses of one unit are tied when their gains differ by less than one standard deviation of that
difference. The uncertainty of needs that both address is common to them and partly cancels:

    var(G1 - G2) = var(G1) + var(G2) - 2 overlap sqrt(need part of var(G1) x need part of var(G2))

with the overlap of their goals (cosine). Effects of different courses count as independent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from recommender.lists.top_lists import Index, ScoredPairs


def tied_with_previous(snapshot: Snapshot, rows: ScoredPairs) -> NDArray[np.bool_]:
    """(n,) True where a row is tied with the row before it in the same list; the first of a list never is."""
    tied = np.zeros(len(rows), dtype=bool)
    later = np.flatnonzero(rows.positions() > 0)
    if not len(later):
        return tied
    previous = later - 1
    shared = overlap(snapshot, rows.course[later], rows.course[previous])
    common = shared * np.sqrt(rows.need_var[later] * rows.need_var[previous])
    variance = rows.gain_sd[later] ** 2 + rows.gain_sd[previous] ** 2 - 2 * common
    difference = np.abs(rows.gain_mean[later] - rows.gain_mean[previous])
    tied[later] = difference <= np.sqrt(np.maximum(variance, 0.0))
    return tied


def overlap(snapshot: Snapshot, one: Index, other: Index) -> NDArray[np.float64]:
    """(n,) cosine of the goals of two courses, 0 (nothing in common) to 1; 0 where a course has no goals."""
    goals = snapshot.goals
    length = np.sqrt((goals**2).sum(axis=1))
    scale = length[one] * length[other]
    return np.asarray(
        np.divide((goals[one] * goals[other]).sum(axis=1), scale, out=np.zeros(len(one)), where=scale > 0)
    )
