"""From scores of pairs to lists: best first, equal scores by course id, the first k of each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from models.rankers.scoring_model import PreparedScoringModel
from recommender.lists.need_contributions import NeedContributions

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class ScoredPairs:
    """Eligible (unit, course) pairs, unit by unit, each unit's best course first; n rows.

    unit: index into the teachers (or schools). Gains in teacher-SD units; `course_sd` is the part of `gain_sd` that
    is due to the course's effect, `need_var` the part of its square that is due to the uncertainty of needs.
    `members`: teachers summed in a pair, 1 for a teacher.
    `personal`: whether a need with enough evidence is among the goals of the course. `unpersonalised`: whether the teacher
    wants no data about her to be used; her numbers are then those of `course_averages`.
    """

    unit: Index
    course: Index
    score: Array
    gain_mean: Array
    gain_sd: Array
    course_sd: Array
    p_complete: Array
    need_var: Array
    members: Index
    personal: NDArray[np.bool_]
    unpersonalised: NDArray[np.bool_]

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


def rank_teachers(
    snapshot: Snapshot,
    scorer: PreparedScoringModel,
    contributions: NeedContributions,
    teachers: Index,
    open_on: date | None = None,
) -> ScoredPairs:
    """All pairs of these teachers that are eligible on the day `open_on` (as-of by default), ordered.

    Memory grows with len(teachers) x courses.
    """
    row, course = np.nonzero(snapshot.eligibility.block(teachers, open_on))
    unit = teachers[row]
    scores = scorer(unit, course)
    relative_variance = contributions.relative_variance(teachers)[row, course]
    return ScoredPairs(
        unit=unit,
        course=course,
        score=scores.score,
        gain_mean=scores.gain_mean,
        gain_sd=scores.gain_sd,
        course_sd=scores.gain_course_sd,
        p_complete=scores.p_complete,
        need_var=np.minimum(scores.gain_mean**2 * relative_variance, scores.gain_sd**2),
        members=np.ones(len(unit), np.intp),
        personal=contributions.serves_reliable_need(teachers)[row, course],
        unpersonalised=np.zeros(len(unit), np.bool_),
    ).ordered()


def rank_schools(pairs: ScoredPairs, school_of: Index, seats: Array) -> ScoredPairs:
    """Pairs of whole schools' teachers, summed over each course's best eligible teachers up to its seats.

    school_of: (N,) index of each teacher's school; seats: (C,). With the sum's terms gain_i, each of standard deviation
    sd_i, and s_i the part of sd_i that comes from the effect of the course, the law of total variance, conditional on
    the effect, gives (to first order in the effect)

        var(sum) = sum(sd_i^2 - s_i^2) + (sum s_i)^2

    as the effect is one and the same for all takers, while needs and completion are each teacher's own.
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
    course_sd = total(pairs.course_sd)
    own_var = total(np.maximum(pairs.gain_sd**2 - pairs.course_sd**2, 0.0))
    return ScoredPairs(
        unit=keys // (len(seats) + 1),
        course=keys % (len(seats) + 1),
        score=total(pairs.score),
        gain_mean=total(pairs.gain_mean),
        gain_sd=np.sqrt(own_var + course_sd**2),
        course_sd=course_sd,
        p_complete=total(pairs.p_complete) / np.maximum(members, 1),
        need_var=need_var,
        members=members.astype(np.intp),
        personal=total(pairs.personal.astype(np.float64)) > 0,
        unpersonalised=np.zeros(len(keys), np.bool_),
    ).ordered()


def first_places(pairs: ScoredPairs, top: int) -> ScoredPairs:
    """The first `top` rows of each unit; `pairs` must be ordered."""
    return pairs.take(pairs.positions() < top)
