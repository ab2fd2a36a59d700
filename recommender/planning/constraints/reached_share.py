"""At least a share of some teachers get a seat: rows over the count of teachers reached, each counted once."""

from __future__ import annotations

import numpy as np

from recommender.planning.problem.candidate_pairs import Index
from recommender.planning.problem.district import District
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints
from recommender.planning.problem.problem_builder import ProblemBuilder

REACHED = "teachers reached"


def teachers_reached(district: District) -> CountVariables:
    """One count a teacher, at most 1: whether she has a seat."""
    teachers, courses = len(district.people), len(district.courses)
    return CountVariables(
        REACHED, np.zeros(courses, np.intp), np.arange(teachers)[:, None], np.ones(courses),
        np.ones(teachers), np.zeros(teachers),
    )  # fmt: skip


def add_reached_share(
    builder: ProblemBuilder, name: str, keys: tuple[str, ...], share: float, size: Index, row: Index
) -> None:
    """Rows with `size` (R,) teachers each; row (N,): the row of a teacher, -1 for none."""
    district = builder.district
    least = np.ceil(share * size - 1e-9)
    builder.add(
        LinearConstraints(
            name, keys, -least.astype(np.float64), np.zeros(len(district.courses)),
            variable=builder.count(teachers_reached(district)), variable_row=row.astype(np.intp),
            variable_coef=-np.ones(len(district.people)),
        )
    )  # fmt: skip
