"""From scores of pairs to lists: best first, equal scores by course id, the first k of each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.bundles.bundle import Bundle
from recommender.lists.need_contributions import NeedContributions

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class ScoredPairs:
    """Eligible (unit, course) pairs, unit by unit, each unit's best course first; n rows.

    unit: index into the teachers (or schools). Gains in teacher-SD units; `need_var` is the part of `gain_sd`
    squared that is due to the uncertainty of needs. `members`: teachers summed in a pair, 1 for a teacher.
    `personal`: whether a need with enough evidence is among the goals of the course.
    """

    unit: Index
    course: Index
    score: Array
    gain_mean: Array
    gain_sd: Array
    p_complete: Array
    need_var: Array
    members: Index
    personal: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.unit)

    def take(self, rows: Index | NDArray[np.bool_]) -> ScoredPairs:
        """These rows alone."""
        return ScoredPairs(*(getattr(self, name)[rows] for name in ScoredPairs.__dataclass_fields__))

    def ordered(self) -> ScoredPairs:
        """Unit by unit, best score first, ties by course index (which is the order of ids)."""
        return self.take(np.lexsort((self.course, -self.score, self.unit)))

    def positions(self) -> Index:
        """(n,) 0 for the best course of a unit, 1 for the next; rows must be ordered."""
        return run_positions(self.unit)


def concatenated(parts: Sequence[ScoredPairs]) -> ScoredPairs:
    """The rows of all parts (at least one), in their order."""
    return ScoredPairs(*(np.concatenate([getattr(p, name) for p in parts]) for name in ScoredPairs.__dataclass_fields__))


def run_positions(codes: Index) -> Index:
    """(n,) position of each row within its run of equal codes, from 0."""
    if not len(codes):
        return np.zeros(0, np.intp)
    new = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    return np.asarray(np.arange(len(codes)) - np.repeat(new, np.diff(np.r_[new, len(codes)])), dtype=np.intp)


def rank_teachers(snapshot: Snapshot, bundle: Bundle, contributions: NeedContributions, teachers: Index) -> ScoredPairs:
    """All eligible pairs of these teachers, ordered. Memory grows with len(teachers) x courses."""
    row, course = np.nonzero(snapshot.eligibility.block(teachers))
    unit = teachers[row]
    scores = bundle.score(snapshot, unit, course)
    relative_variance = contributions.relative_variance(teachers)[row, course]
    return ScoredPairs(
        unit=unit,
        course=course,
        score=scores.score,
        gain_mean=scores.gain_mean,
        gain_sd=scores.gain_sd,
        p_complete=scores.p_complete,
        need_var=np.minimum(scores.gain_mean**2 * relative_variance, scores.gain_sd**2),
        members=np.ones(len(unit), np.intp),
        personal=contributions.serves_reliable_need(teachers)[row, course],
    ).ordered()


def rank_schools(pairs: ScoredPairs, school_of: Index, seats: Array) -> ScoredPairs:
    """Pairs of whole schools' teachers, summed over each course's best eligible teachers up to its seats.

    school_of: (N,) index of each teacher's school; seats: (C,). Errors of different teachers' needs are independent, so
    their variances add. The error of the course's effect is common to all, so its standard deviations add.
    """
    school = school_of[pairs.unit]
    best = np.lexsort((pairs.unit, -pairs.gain_mean, pairs.course, school))
    code = school[best] * (len(seats) + 1) + pairs.course[best]
    chosen = best[run_positions(code) < seats[pairs.course[best]]]
    keys, group = np.unique(school[chosen] * (len(seats) + 1) + pairs.course[chosen], return_inverse=True)

    def total(values: Array) -> Array:
        return np.bincount(group, weights=values[chosen], minlength=len(keys)).astype(np.float64)

    members = np.bincount(group, minlength=len(keys))
    need_var = total(pairs.need_var)
    common = total(np.sqrt(np.maximum(pairs.gain_sd**2 - pairs.need_var, 0.0)))
    return ScoredPairs(
        unit=keys // (len(seats) + 1),
        course=keys % (len(seats) + 1),
        score=total(pairs.score),
        gain_mean=total(pairs.gain_mean),
        gain_sd=np.sqrt(common**2 + need_var),
        p_complete=total(pairs.p_complete) / np.maximum(members, 1),
        need_var=need_var,
        members=members.astype(np.intp),
        personal=total(pairs.personal.astype(np.float64)) > 0,
    ).ordered()


def first_places(pairs: ScoredPairs, top: int) -> ScoredPairs:
    """The first `top` rows of each unit; `pairs` must be ordered."""
    return pairs.take(pairs.positions() < top)
