"""What every constraint family says in the same words, so that solvers know no family by name.

    Rows     sum over seats of use[course], plus what opened courses and tallies use  <=  limit
    Tally    a count that cannot exceed what seats add to it, nor its cap: teachers reached, owed hours done

A family is one file in `constraints/`: it returns Rows and Tallies and nothing else. Dated runs with lesson
clashes, weekly absence of a department, earmarked budgets, programme quotas, shared seats, mentor loads and
cascades each fit as one more file of that kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index

Codes = NDArray[np.integer]


@dataclass(frozen=True)
class LinearConstraints:
    """R limits of one family.

    A seat in course c for teacher t uses `use[c]` of the row `teacher_row[t]`, of the row `course_row[c]`
    where teacher_row is None, of row 0 where both are; -1: of none. Opening c uses `open_use[c]` of the row
    `course_row[c]` or 0. An item i of tally number `tally` uses `tally_use[i]` of row `tally_row[i]`.
    Lower limits are written with negative uses and a negative limit.
    """

    name: str
    keys: tuple[str, ...]
    limit: Array
    use: Array
    teacher_row: Index | None = None
    course_row: Index | None = None
    open_use: Array | None = None
    tally: int | None = None
    tally_row: Index | None = None
    tally_use: Array | None = None

    def row(self, teacher: Codes, course: Codes) -> Index:
        """(n,) the row of each pair, -1: none."""
        if self.teacher_row is not None:
            return self.teacher_row[teacher]
        if self.course_row is not None:
            return self.course_row[course]
        return np.zeros(len(course), np.intp)

    def row_of_course(self, course: int) -> int:
        """The row that opening a course uses."""
        return 0 if self.course_row is None else int(self.course_row[course])

    def scale(self) -> tuple[float, Array]:
        """A typical use, and (R,) about how many seats fill each row: what makes steps alike."""
        used = np.abs(self.use[self.use != 0])
        unit = float(used.mean()) if len(used) else 1.0
        if self.tally_use is not None and len(self.tally_use):
            unit = float(np.abs(self.tally_use).mean()) or 1.0
        return unit, np.maximum(np.abs(self.limit) / unit, 1.0)


@dataclass(frozen=True)
class CountVariables:
    """I counts: count[i] <= cap[i] and <= sum over seats of add[c] with item(t, c) = i; worth[i] each.

    item(t, c) = table[t, kind[c]]; -1 where either says so.
    """

    name: str
    kind: Index
    table: Index
    add: Array
    cap: Array
    worth: Array

    def item(self, teacher: Codes, course: Codes) -> Index:
        """(n,) the item of each pair, -1: none."""
        kind = self.kind[course]
        return np.where(kind >= 0, self.table[teacher, kind], -1)
