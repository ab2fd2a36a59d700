"""Linear constraints and count variables: the two forms in which the solvers know every kind of limit.

    LinearConstraints   sum over seats of coef[course], plus what opened courses and count variables use  <=  limit
    CountVariables      0 <= count[i] <= cap[i] and count[i] <= sum over seats of add[course]: teachers reached,
                        owed hours done

The solvers name no constraint: a class in `constraints/` builds these arrays and reads their duals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.planning.problem.candidate_pairs import Array, Index

Codes = NDArray[np.integer]


@dataclass(frozen=True)
class LinearConstraints:
    """R rows `... <= limit` of one constraint; `name` is unique in a problem, `keys` (R) name the rows.

    A seat in course c for teacher t uses `coef[c]` of row `teacher_row[t]`; of row `course_row[c]` where
    teacher_row is None; of row 0 where both are; a row of -1 means none. Opening course c uses `open_coef[c]` of
    row `course_row[c]` or 0. Each item i of the count variable named `variable` uses `variable_coef[i]` of row
    `variable_row[i]`. Lower limits have negative coefficients and a negative limit.
    """

    name: str
    keys: tuple[str, ...]
    limit: Array
    coef: Array
    teacher_row: Index | None = None
    course_row: Index | None = None
    open_coef: Array | None = None
    variable: str | None = None
    variable_row: Index | None = None
    variable_coef: Array | None = None

    @property
    def is_lower(self) -> bool:
        """Whether seats help to meet these rows rather than use them up."""
        return self.variable is not None or bool((self.coef < 0).any())

    def row(self, teacher: Codes, course: Codes) -> Index:
        """(n,) the row of each pair, -1 for none."""
        if self.teacher_row is not None:
            return self.teacher_row[teacher]
        if self.course_row is not None:
            return self.course_row[course]
        return np.zeros(len(course), np.intp)

    def row_of_course(self, course: int) -> int:
        """The row that opening a course uses."""
        return 0 if self.course_row is None else int(self.course_row[course])

    def scale(self) -> tuple[float, Array]:
        """A typical coefficient, and (R,) how many typical seats fill each row: scales the subgradient steps."""
        used = np.abs(self.coef[self.coef != 0])
        unit = float(used.mean()) if len(used) else 1.0
        if self.variable_coef is not None and len(self.variable_coef):
            unit = float(np.abs(self.variable_coef).mean()) or 1.0
        return unit, np.maximum(np.abs(self.limit) / unit, 1.0)


@dataclass(frozen=True)
class CountVariables:
    """I variables: count[i] <= cap[i] and <= sum over seats of add[c] with item(t, c) = i.

    item(t, c) = table[t, kind[c]], -1 where kind[c] or the table says so. objective_coef (I,): what one count adds.
    """

    name: str
    kind: Index
    table: Index
    add: Array
    cap: Array
    objective_coef: Array

    def item(self, teacher: Codes, course: Codes) -> Index:
        """(n,) the item of each pair, -1 for none."""
        kind = self.kind[course]
        return np.where(kind >= 0, self.table[teacher, kind], -1)
