"""The candidate pairs: every eligible (teacher, course) pair with its objective coefficient.

A pair's gain is split over the (at most two) needs that it mainly serves, so that a need covered twice can
count less the second time. Pairs stand teacher by teacher, each teacher's in the order of courses, as
compact arrays: 26 million of them, a city, take about 800 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Index = NDArray[np.intp]
Small = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CandidatePairs:
    """P pairs of N teachers and C courses; G needs of a pair; gains and objective coefficients in teacher-SD units.

    teacher, course (P,): indices, sorted by teacher, then course. gain, sd (P,): expected gain and how unsure
    it is, completion included. doubt (P,): how unsure it is to whoever knew who completes. objective_coef (P,):
    what the plan counts, 0 or more. cell (P, G): index of the (teacher, need) that a part belongs to, below
    `cells`. share (P, G): how the gain is spread over them, rows sum to 1.
    """

    teachers: int
    courses: int
    teacher: Small
    course: Small
    gain: Floats
    sd: Floats
    doubt: Floats
    objective_coef: Floats
    cell: Small
    share: Floats
    cells: int

    def __len__(self) -> int:
        return len(self.teacher)

    @cached_property
    def first(self) -> Index:
        """(N + 1,) where each teacher's pairs begin."""
        return np.searchsorted(self.teacher, np.arange(self.teachers + 1)).astype(np.intp)

    @cached_property
    def eligible(self) -> Index:
        """(C,) teachers to whom each course is open."""
        return np.bincount(self.course, minlength=self.courses).astype(np.intp)

    def find(self, teacher: int, course: int) -> int:
        """The pair, -1 where it is not open."""
        a, b = self.first[teacher], self.first[teacher + 1]
        place = int(a + np.searchsorted(self.course[a:b], course))
        return place if place < b and self.course[place] == course else -1

    def with_objective(self, objective_coef: Floats) -> CandidatePairs:
        """The same pairs with other objective coefficients."""
        return replace(self, objective_coef=objective_coef.astype(np.float32))

    def take(self, rows: Index | Mask) -> CandidatePairs:
        """Some of the pairs, in their order."""
        names = ("teacher", "course", "gain", "sd", "doubt", "objective_coef", "cell", "share")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def by_course(course: NDArray[np.integer], courses: int) -> Index:
    """(P,) order that puts pairs course by course and keeps their order otherwise."""
    codes = course.astype(np.uint16) if courses < 65_536 else course
    return np.argsort(codes, kind="stable")


def merged(size: int, *parts: Index) -> Index:
    """The indices below `size` that are in any of the parts, rising; quicker than sorting them."""
    inside = np.zeros(size, bool)
    for part in parts:
        inside[part] = True
    return np.flatnonzero(inside)
