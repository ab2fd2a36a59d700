"""What one further occasion of a source would record of each teacher: the lines of the form that is in use.

A form is taken from the data, not from a catalogue: a line is on a teacher's form where at least half of those measured
by the source in her role, stage and subject have a value on it. Where fewer than `FEWEST` of these were measured, her role
and stage decide, except for results of classes, whose tests differ by subject. Lines that speak mostly of competencies
that do not apply to her are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.source_averages import SourceAverages

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEWEST: Final = 3  # teachers measured that make a form
HALF: Final = 0.5


@dataclass(frozen=True)
class OccasionForm:
    """One source's form. lines (N, J): on whose form which indicator is; sampling_cov (J, J): sampling covariance of one
    occasion's values where the input gives any, averaged over those measured; age: of its values, mean, in years."""

    name: str
    lines: Bools
    sampling_cov: Array
    age: float


def occasion_form(
    cells: SourceAverages, teachers: pd.DataFrame, applies: Bools, by_subject: bool
) -> OccasionForm:
    """teachers: the register, applies (N, K); by_subject: True for a source without a form beyond the subject."""
    n, width = len(teachers), len(cells.q)
    values = sparse.csr_matrix((np.ones(len(cells.t)), (cells.t, cells.j)), shape=(n, width))
    lines = np.zeros((n, width), dtype=bool)
    levels: list[list[str]] = [["role", "stage", "subject"], ["role", "stage"]]
    for names in levels[: 1 if by_subject else 2][::-1]:
        group = np.asarray(pd.factorize(pd.MultiIndex.from_frame(teachers[names].fillna("")))[0], dtype=np.intp)
        sums = sparse.csr_matrix((np.ones(n), (group, np.arange(n))), shape=(int(group.max(initial=-1)) + 1, n))
        measured = np.asarray(sums @ (values.getnnz(axis=1) > 0).astype(np.float64))
        share = (sums @ values).toarray() / np.maximum(measured, 1.0)[:, None]
        known = measured[group] >= FEWEST
        lines = np.where(known[:, None], share[group] >= HALF, lines)
    own = applies.astype(np.float64) @ cells.q.T >= HALF * cells.q.sum(axis=1)
    age = float(np.average(cells.age, weights=cells.n)) if len(cells.age) else 0.0
    return OccasionForm(cells.name, lines & own, _sampling_cov(cells, values, width), age)


def _sampling_cov(cells: SourceAverages, values: sparse.csr_matrix, width: int) -> Array:
    """(J, J) of one occasion: a cell's sampling covariance falls with the number of its values."""
    total = np.zeros((width, width))
    if not len(cells.sampling_cov):
        return total
    t, j, other = (cells.sampling_cov[:, c].astype(np.intp) for c in range(3))
    key = cells.t * max(width, 1) + cells.j
    count = np.sqrt(
        cells.n[np.searchsorted(key, t * max(width, 1) + j)] * cells.n[np.searchsorted(key, t * max(width, 1) + other)]
    )
    np.add.at(total, (j, other), cells.sampling_cov[:, 3] * count)
    people = (values.T @ values).toarray()
    return np.asarray(total / np.maximum(people, 1.0))


def forms_of(
    cells: Sequence[SourceAverages], teachers: pd.DataFrame, applies: Bools, by_subject: frozenset[str]
) -> dict[str, OccasionForm]:
    """The forms of all sources with values, by name; by_subject: names of those whose lines differ by subject."""
    return {c.name: occasion_form(c, teachers, applies, c.name in by_subject) for c in cells if len(c.t)}
