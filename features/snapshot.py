"""Everything known on one date, in the arrays that builders, rankers and advice share.

    tables.until(as_of) --> needs --> Snapshot --> builders --> pairs --> rankers

A pair is (teacher index, course index) into `teacher_ids` and `course_ids`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.eligibility import Eligibility
from features.needs.needs import Needs
from features.tables import Tables


@dataclass(frozen=True)
class Snapshot:
    """Tables as known at `as_of`, the needs diagnosed from them, and who may take what."""

    tables: Tables
    needs: Needs
    as_of: date

    @cached_property
    def teacher_ids(self) -> NDArray[np.object_]:
        """(N,) in the order of the teachers table."""
        return self.tables["teachers"]["teacher_id"].to_numpy(dtype=object)

    @cached_property
    def course_ids(self) -> NDArray[np.object_]:
        """(C,) in the order of the courses table, which is the order of ids: ties go to the smaller index."""
        return self.tables["courses"]["course_id"].to_numpy(dtype=object)

    @cached_property
    def goals(self) -> NDArray[np.float64]:
        """(C, K) weight of each course on each leaf competency; a row sums to 1, to 0 without a known goal.

        A goal on a parent competency is spread evenly over its leaves.
        """
        raise NotImplementedError

    @cached_property
    def eligibility(self) -> Eligibility:
        """Who may take what at `as_of`."""
        return Eligibility(self.tables, self.as_of)


def take_snapshot(tables: Tables, needs: Needs) -> Snapshot:
    """`tables` cut at the date of `needs`, and `needs`, side by side."""
    return Snapshot(tables.until(needs.as_of), needs, needs.as_of)
