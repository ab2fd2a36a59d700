"""What teachers decided, put into a district's pairs before anything is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Floats, Index, Mask
from recommender.planning.problem.district import District


@dataclass(frozen=True)
class AverageGains:
    """(C,) expected gain of each course and its sd for a person of whom nothing is known, teacher-SD units."""

    gain: Array
    sd: Array


def with_wishes(
    district: District, closed: Iterable[tuple[str, str]], intended: Iterable[tuple[str, str]]
) -> District:
    """closed, intended: (teacher, course) ids; pairs that are not open are passed over.

    A closed pair counts as refused, an intended one as a wish (`WishWeight`).
    """
    return replace(
        district,
        refused=district.refused | _marked(district, closed),
        wished=_marked(district, intended),
    )


def without_personal_gains(district: District, teacher_ids: Collection[str], averages: AverageGains) -> District:
    """The gains of these teachers become the averages of the courses, and the needs they count for the courses' main goals."""
    teachers = np.flatnonzero(np.isin(district.teacher_ids.astype(str), sorted(teacher_ids)))
    rows = np.flatnonzero(np.isin(district.pairs.teacher, teachers))
    if not len(rows):
        return district
    pairs = district.pairs
    course = pairs.course[rows]
    gain, sd, doubt = pairs.gain.copy(), pairs.sd.copy(), pairs.doubt.copy()
    gain[rows] = averages.gain[course]
    sd[rows] = doubt[rows] = averages.sd[course]
    cell, share = pairs.cell.copy(), pairs.share.copy()
    cell[rows], share[rows] = _main_goals(district, pairs, rows)
    changed = replace(
        pairs, gain=gain, sd=sd, doubt=doubt, cell=cell, share=share, objective_coef=np.maximum(gain, 0.0)
    )
    return replace(district, pairs=changed)


def _main_goals(district: District, pairs: CandidatePairs, rows: Index) -> tuple[NDArray[np.int32], Floats]:
    """(n, G) cells and shares of the goals with most weight; a course without goals counts for the first."""
    goals = district.snapshot.goals
    leaves = max(goals.shape[1], 1)
    width = pairs.cell.shape[1]
    course, teacher = pairs.course[rows], pairs.teacher[rows]
    if goals.shape[1] < width:
        return pairs.cell[rows], pairs.share[rows]
    first = np.argsort(-goals, axis=1, kind="stable")[:, :width]
    weight = np.take_along_axis(goals, first, 1)
    total = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    share[total[:, 0] <= 0, 0] = 1.0
    cell = teacher[:, None].astype(np.int64) * leaves + first[course]
    return cell.astype(np.int32), share[course].astype(np.float32)


def _marked(district: District, ids: Iterable[tuple[str, str]]) -> Mask:
    teacher = {str(t): i for i, t in enumerate(district.teacher_ids)}
    course = {str(c): i for i, c in enumerate(district.course_ids)}
    mask = np.zeros(len(district.pairs), bool)
    for t, c in ids:
        if t in teacher and c in course and (place := district.pairs.find(teacher[t], course[c])) >= 0:
            mask[place] = True
    return mask
