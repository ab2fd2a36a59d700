"""By how much one teacher's abilities changed between school years, from what can be compared.

    value of an instrument in a year = m + loading q'theta(year) + error        theta(t): AR(1), Var 1, phi a year

m, what stays of an instrument (its level, her style, halo), is flat: only differences within one source and instrument
speak. The change theta_k(b) - theta_k(a) has prior variance 2 (1 - phi^years); given the differences it is Gaussian, exact for
the parameters of the diagnosis. Errors are the source's residual of an occasion, shared by its items, and the error of the
raters' severity.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.cycle_averages import COLUMNS
from features.needs.model.teacher_posterior import PosteriorState

Array = NDArray[np.float64]
LEAST_WEIGHT: Final = 1e-9


@dataclass(frozen=True)
class AbilityChange:
    """Competency k (its place) between two school years, by the calendar year in which they began; years between the mean
    dates of the evidence; mean, sd: of the change, teacher-SD units; prior_sd: before any evidence; n: values of both years;
    sources: names."""

    k: int
    from_year: int
    to_year: int
    years: float
    mean: float
    sd: float
    prior_sd: float
    n: tuple[int, int]
    sources: tuple[str, ...]

    @property
    def reliability(self) -> float:
        """1 - posterior variance / prior variance."""
        return 1.0 - (self.sd / self.prior_sd) ** 2


def ability_changes(state: PosteriorState, teacher: int) -> tuple[AbilityChange, ...]:
    """From each school year to the next one with comparable evidence, and from the first to the last where there are more
    than two; by competency."""
    low, high = int(state.cycle_first[teacher]), int(state.cycle_first[teacher + 1])
    if low == high:
        return ()
    cells = _Cells(state, np.asarray(state.cycle_cells[low:high]))
    changes = []
    for k in np.flatnonzero((cells.q > LEAST_WEIGHT).any(axis=0)):
        years = sorted({int(year) for year in cells.year[cells.q[:, k] > LEAST_WEIGHT]})
        spans = list(pairwise(years))
        if len(years) > 2:
            spans.append((years[0], years[-1]))
        changes += [change for span in spans if (change := cells.change(int(k), *span)) is not None]
    return tuple(changes)


class _Cells:
    """One teacher's cells, their covariance and the differences within instruments."""

    def __init__(self, state: PosteriorState, cells: Array) -> None:
        column = dict(zip(COLUMNS, cells.T, strict=True))
        self.source, row = column["source"].astype(np.intp), column["row"].astype(np.intp)
        key = np.column_stack([row, column["instrument"]])  # a row of q has one source
        self.instrument = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)
        self.year, self.age, self.n = column["year"].astype(np.intp), column["age"], column["n"]
        self.q, self.names, self.phi = np.asarray(state.q[row]), state.names, float(state.phi[0])
        self.correlation = np.asarray(state.correlation)
        sources = state.components().sources
        noises = [sources[str(self.names[s])] for s in self.source]
        self.load, residual, shared = (
            np.array([getattr(noise, name) for noise in noises])
            for name in ("loading", "residual_variance", "residual_covariance")
        )
        together = self.q @ self.correlation @ self.q.T * self.phi ** np.abs(self.age[:, None] - self.age)
        signal = self.load[:, None] * self.load * together
        same = (self.source[:, None] == self.source) & (self.year[:, None] == self.year)
        error = same * shared[:, None] / np.maximum(self.n[:, None], self.n)
        error += same * np.minimum(column["sampling"][:, None], column["sampling"])
        error += np.diag((residual - shared) / self.n)
        self.contrasts = self._contrasts()
        differences = self.contrasts @ (signal + error) @ self.contrasts.T
        self.solved = np.linalg.solve(differences, np.column_stack([self.contrasts @ column["value"], self.contrasts]))

    def _contrasts(self) -> Array:
        """(d, c) each later year of an instrument less its first."""
        first = {int(one): i for i, one in reversed(list(enumerate(self.instrument)))}
        identity = np.eye(len(self.instrument))
        rows = [identity[i] - identity[first[int(one)]] for i, one in enumerate(self.instrument) if first[int(one)] != i]
        return np.array(rows).reshape(-1, len(identity))

    def change(self, k: int, from_year: int, to_year: int) -> AbilityChange | None:
        """None where no instrument on the competency has values in both years."""
        about = self.q[:, k] > LEAST_WEIGHT
        common = np.intersect1d(*(self.instrument[about & (self.year == year)] for year in (from_year, to_year)))
        if not len(common):
            return None
        inside = np.isin(self.instrument, common)
        first, last = (inside & (self.year == year) for year in (from_year, to_year))
        ages = [float(np.average(self.age[one], weights=self.n[one])) for one in (first, last)]
        prior = 2.0 * (1.0 - self.phi ** abs(ages[0] - ages[1]))
        fade = self.phi ** np.abs(ages[1] - self.age) - self.phi ** np.abs(ages[0] - self.age)
        cross = self.contrasts @ (self.load * (self.q @ self.correlation[k]) * fade)
        mean = float(cross @ self.solved[:, 0])
        variance = prior - float(cross @ self.solved[:, 1:] @ (self.load * (self.q @ self.correlation[k]) * fade))
        names = tuple(str(self.names[s]) for s in np.unique(self.source[inside]))
        return AbilityChange(
            k, from_year, to_year, ages[0] - ages[1], mean, float(np.sqrt(max(variance, 1e-12))), float(np.sqrt(prior)),
            (int(self.n[first].sum()), int(self.n[last].sum())), names,
        )  # fmt: skip
