"""Sources that respect order: what is taken after what.

Directed co-visitation and its reverse; a closed-form sequence model (ridge regression of what came next on
what came before: SLIST, Choi et al. 2021; EASE, Steck 2019, for the closed form); the place of a course in
the usual order (least squares on pairwise order: HodgeRank, Jiang et al. 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.candidates.candidate_generation import FitData, FittedSource, Query, Scores
from models.data.enrolment_history import EnrolmentHistory

Array = NDArray[np.float64]
LONGEST: Final = 40  # steps between two courses that still count


def followed_by(history: EnrolmentHistory, decay: float, longest: int = LONGEST) -> Array:
    """(C, C) how often the second course was taken after the first, decay^(steps between - 1) each."""
    found = np.zeros((history.courses, history.courses))
    for step in range(1, longest + 1):
        earlier = np.flatnonzero(history.age >= step)
        if not len(earlier) or (step > 1 and decay <= 0):
            break
        np.add.at(found, (history.c[earlier], history.c[earlier + step]), decay ** (step - 1))
    return found


@dataclass(frozen=True)
class _ItemModel:
    """Sum over a teacher's courses, newer ones counting more, of a row of `weights` (C, C)."""

    weights: NDArray[np.float32]
    decay: float
    newest_only: bool = False
    average: bool = False

    def __call__(self, asked: Query) -> Scores:
        history = asked.history
        how_much = self.decay ** history.age.astype(np.float64)
        if self.newest_only:
            how_much = np.where(history.age == 0, 1.0, 0.0)
        taken = history.matrix(how_much)
        if self.average:
            taken = sparse.diags_array(1.0 / np.maximum(history.length, 1)) @ taken
        return np.asarray(taken.astype(np.float32) @ self.weights, dtype=np.float32)


@dataclass(frozen=True)
class Directed:
    """What came after the courses she took: P(second after first), drawn from what everybody takes anyway."""

    name: str = "directed"
    ranks: bool = True
    decay: float = 0.8  # per step between the courses of a pair
    fade: float = 0.8  # per course taken since
    discount: float = 0.5  # power of how often the second course follows anything

    def fit(self, known: FitData) -> FittedSource:
        """Counts over all pairs in order."""
        after = followed_by(known.history, self.decay)
        leading = np.maximum(after.sum(axis=1, keepdims=True), 1.0)
        following = np.maximum(after.sum(axis=0, keepdims=True), 1.0)
        return _ItemModel((after / leading / following**self.discount).astype(np.float32), self.fade)


@dataclass(frozen=True)
class NextStep:
    """P(next course | newest course), with courses' own shares mixed in where the newest is rare."""

    name: str = "next_step"
    ranks: bool = True
    decay: float = 0.0
    prior: float = 3.0

    def fit(self, known: FitData) -> FittedSource:
        """Counts of steps."""
        after = followed_by(known.history, self.decay, 1 if self.decay <= 0 else LONGEST)
        share = np.bincount(known.history.c, minlength=known.history.courses) / max(len(known.history.c), 1)
        mixed = (after + self.prior * share) / (after.sum(axis=1, keepdims=True) + self.prior)
        return _ItemModel(mixed.astype(np.float32), 1.0, newest_only=True)


@dataclass(frozen=True)
class Backward:
    """What usually came before the courses she took: reasons not to take it now."""

    name: str = "backward"
    ranks: bool = False
    fade: float = 0.8

    def fit(self, known: FitData) -> FittedSource:
        """Counts against the order."""
        before = followed_by(known.history, 1.0).T
        taken = np.maximum(np.bincount(known.history.c, minlength=known.history.courses), 1)
        weights = before / taken[:, None] / np.sqrt(taken)[None, :]
        return _ItemModel(weights.astype(np.float32), self.fade)


@dataclass(frozen=True)
class Direction:
    """Share of teachers with both courses who took this one later, averaged over (or after the newest of) hers."""

    name: str = "direction"
    ranks: bool = False
    newest_only: bool = False

    def fit(self, known: FitData) -> FittedSource:
        """Both directions, one of each mixed in."""
        after = followed_by(known.history, 1.0)
        share = (after + 1.0) / (after + after.T + 2.0)
        return _ItemModel(share.astype(np.float32), 1.0, self.newest_only, not self.newest_only)


@dataclass(frozen=True)
class SequenceRidge:
    """Ridge regression of what came after a moment on what came before it, over all moments."""

    name: str = "sequence"
    ranks: bool = True
    past: float = 0.6  # fading per course back
    future: float = 0.5  # per course ahead
    ridge: float = 20.0

    def fit(self, known: FitData) -> FittedSource:
        """Closed form."""
        history = known.history
        moment = np.flatnonzero(history.place >= 1)
        shape = (len(moment), history.courses)
        before = _around(history, moment, history.place[moment], -1, self.past, shape)
        after = _around(history, moment, history.age[moment] + 1, 0, self.future, shape)
        gram = (before.T @ before).toarray()
        gram[np.diag_indices(history.courses)] += self.ridge
        weights = np.linalg.solve(gram, (before.T @ after).toarray())
        return _ItemModel(weights.astype(np.float32), self.past)


def _around(
    history: EnrolmentHistory, moment: NDArray[np.intp], reach: NDArray[np.intp], start: int, fade: float,
    shape: tuple[int, int],
) -> sparse.csr_matrix:  # fmt: skip
    """(moments, C) faded courses before (start -1) or from (start 0) each moment."""
    rows, columns, values = [], [], []
    for step in range(LONGEST):
        here = np.flatnonzero(reach > step)
        if not len(here):
            break
        place = moment[here] + (start - step if start < 0 else step)
        rows.append(here)
        columns.append(history.c[place])
        values.append(np.full(len(here), fade**step))
    if not rows:
        return sparse.csr_matrix(shape)
    cells = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), cells), shape=shape)


@dataclass(frozen=True)
class UsualOrder:
    """How much later in the usual order a course stands than the newest (or the latest) that she took."""

    name: str = "later_than_newest"
    ranks: bool = False
    than_latest: bool = False
    ridge: float = 0.05

    def fit(self, known: FitData) -> FittedSource:
        """One number a course: each step from one course to the next should go up by 1."""
        history = known.history
        first = np.flatnonzero(history.age >= 1)
        a, b = history.c[first], history.c[first + 1]
        grid = np.zeros((history.courses, history.courses))
        for one, other in ((a, b), (b, a)):
            np.add.at(grid, (one, one), 1.0)
            np.add.at(grid, (one, other), -1.0)
        grid[np.diag_indices(history.courses)] += self.ridge
        up = np.bincount(b, minlength=history.courses) - np.bincount(a, minlength=history.courses)
        return _Later(np.asarray(np.linalg.solve(grid, up), dtype=np.float64), self.than_latest)


@dataclass(frozen=True)
class _Later:
    place: Array
    than_latest: bool

    def __call__(self, asked: Query) -> Scores:
        history = asked.history
        at = np.full(len(asked.teachers), -np.inf)
        rows = slice(None) if self.than_latest else history.age == 0
        np.maximum.at(at, history.t[rows], self.place[history.c[rows]])
        at = np.where(np.isfinite(at), at, 0.0)
        return np.asarray(self.place[None, :] - at[:, None], dtype=np.float32)
