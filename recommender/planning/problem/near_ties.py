"""Near-ties are drawn by lot, before anything is planned: the planner does not see the gain of one person.

Each person draws a lot z, standard normal. The people to whom a course is open are ordered by gain x exp(SPREAD x z)
and put into groups of DISTRICT_MINIMUM in this order; the gain of each becomes the mean of her group's, and within a
group the lot decides. Whatever a plan, or any number of plans, shows is a function of these means and of the lots.

A lot belongs to a person for a calendar year and depends on a secret key, not on the question or its seed: drawn
again for each question it would average out over many questions, drawn once it does not.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Floats, Index
from recommender.planning.problem.district import District

SPREAD: Final = 0.4  # sd of the log of the factor that the order is drawn with
TIE: Final = 1e-4  # share of a gain that the lots within a group may move it


def drawn(district: District, key: bytes) -> District:
    """The district with the gains and uncertainties of its pairs averaged within groups of near-ties.

    key: secret from those who read plans. The gains as estimated stay in `estimated_gain`.
    """
    lot = person_lots(district.teacher_ids, key, str(district.snapshot.as_of.year))
    pairs = district.pairs
    return replace(district, pairs=grouped(pairs, lot), estimated_gain=pairs.gain)


def person_lots(teacher_ids: NDArray[np.object_], key: bytes, period: str) -> Array:
    """(N,) a standard normal draw for each id, the same wherever key and period are."""
    seeds = np.array([
        int.from_bytes(hmac.digest(key, f"{period}\0{one}".encode(), "sha256")[:8], "big") for one in teacher_ids
    ], dtype=np.uint64)  # fmt: skip
    first, second = (seeds >> np.uint64(32)).astype(np.float64), (seeds & np.uint64(0xFFFFFFFF)).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log((first + 0.5) / 2.0**32))  # Box and Muller (1958)
    return np.asarray(radius * np.cos(2.0 * np.pi * second / 2.0**32))


def grouped(pairs: CandidatePairs, lot: Array) -> CandidatePairs:
    """The pairs with gain, sd and doubt averaged within the groups of each course."""
    chance = np.exp(SPREAD * lot)[pairs.teacher]
    group = near_tie_groups(pairs, pairs.gain.astype(np.float64) * chance)
    size = np.maximum(np.bincount(group), 1)
    within = 1.0 + TIE * np.tanh(lot)[pairs.teacher]

    def averaged(values: Floats) -> Floats:
        return ((np.bincount(group, values) / size)[group] * within).astype(np.float32)

    gain = averaged(pairs.gain)
    return replace(
        pairs, gain=gain, sd=averaged(pairs.sd), doubt=averaged(pairs.doubt), objective_coef=np.maximum(gain, 0.0)
    )


def near_tie_groups(pairs: CandidatePairs, order: Array) -> Index:
    """(P,) group of each pair: DISTRICT_MINIMUM neighbours of one course by falling `order`, the last group up to
    twice as many less one."""
    by_order = np.lexsort((-order, pairs.course))
    course = pairs.course[by_order]
    start = np.searchsorted(course, np.arange(pairs.courses))
    rank = np.arange(len(course)) - start[course]
    last = np.maximum(pairs.eligible // DISTRICT_MINIMUM - 1, 0)
    code = course.astype(np.int64) * (int(last.max(initial=0)) + 1) + np.minimum(rank // DISTRICT_MINIMUM, last[course])
    group = np.empty(len(course), np.intp)
    group[by_order] = np.unique(code, return_inverse=True)[1]
    return group
