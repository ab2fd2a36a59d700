"""What further lessons, surveys and linked classes of single teachers are worth; below the counts, never shown by person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.needs.further_evidence import FurtherEvidence
from models.effects.first_course_value import CourseOptions, FirstCourseValue, first_course_value
from recommender.lists.recommend import ChoiceIndex, Recommender
from recommender.lists.top_lists import run_positions

Array = NDArray[np.float64]
Index = NDArray[np.intp]
OPTIONS: Final = 16  # courses that may become a teacher's first; further ones are too far behind
BLOCK: Final = 2048  # teachers whose courses are scored at once


class VisitValues:
    """Values of further occasions of sources for some teachers; courses they closed are left out."""

    def __init__(
        self, ready: Recommender, further: FurtherEvidence, teachers: Index, open_on: date, choices: ChoiceIndex
    ) -> None:
        self.teachers = np.sort(teachers)
        self._rule, self._further = ready.scorer.rule, further
        parts = [
            course_options(ready, self.teachers[i : i + BLOCK], open_on, choices)
            for i in range(0, len(self.teachers), BLOCK)
        ]
        shape = (0, OPTIONS)
        self._course = np.concatenate([p.course for p in parts] or [np.zeros(shape, np.intp)])
        self._p_complete = np.concatenate([p.p_complete for p in parts] or [np.zeros(shape)])

    def offered(self, name: str) -> NDArray[np.bool_]:
        """(n,) of `teachers`, those whom further occasions of a source can be about."""
        return self._further.offered(name)[self.teachers]

    def of(self, teachers: Index, occasions: Mapping[str, int], draws: int, seed: int) -> FirstCourseValue:
        """(n,) values for these teachers, in their order, of so many more occasions of each source."""
        mean, sd, error, changes = (np.zeros(len(self.teachers)) for _ in range(4))
        offered = np.zeros(len(self.teachers), dtype=bool)
        for name in occasions:
            offered |= self.offered(name)
        place = np.searchsorted(self.teachers, teachers)
        for block, root in self._further.shifts(teachers[offered[place]], occasions):
            at = np.searchsorted(self.teachers, block)
            options = CourseOptions(block, self._course[at], self._p_complete[at])
            value = first_course_value(self._rule, options, root, draws, seed)
            mean[at], sd[at], error[at], changes[at] = value.mean, value.sd, value.error, value.changes
        return FirstCourseValue(mean[place], sd[place], error[place], changes[place])


def course_options(ready: Recommender, teachers: Index, open_on: date, choices: ChoiceIndex) -> CourseOptions:
    """The OPTIONS open courses of the largest expected gain by the need rule; ties go to the smaller index."""
    snapshot = ready.snapshot
    row, course = np.nonzero(snapshot.eligibility.block(teachers, open_on))
    key = teachers[row] * len(snapshot.course_ids) + course
    open_to = ~np.isin(key, choices.closed)
    row, course = row[open_to], course[open_to].astype(np.intp)
    p_complete = ready.scorer.completion(teachers[row], course)
    gain = ready.scorer.rule.gain(teachers[row], course, p_complete).mean
    order = np.lexsort((course, -gain, row))
    row, course, p_complete = row[order], course[order], p_complete[order]
    place = run_positions(row.astype(np.intp))
    first = place < OPTIONS
    options = np.full((len(teachers), OPTIONS), -1, dtype=np.intp)
    finish = np.zeros((len(teachers), OPTIONS))
    options[row[first], place[first]] = course[first]
    finish[row[first], place[first]] = p_complete[first]
    return CourseOptions(teachers, options, finish)
