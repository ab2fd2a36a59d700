"""Sources that respect order: what is taken after what.

Directed co-visitation and its reverse; a closed-form sequence model (l2-penalised regression of later courses on
earlier ones: SLIST, Choi et al. 2021; EASE, Steck 2019, for the closed form); the place of a course in
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
    counts = np.zeros((history.courses, history.courses))
    for step in range(1, longest + 1):
        earlier = np.flatnonzero(history.age >= step)
        if not len(earlier) or (step > 1 and decay <= 0):
            break
        np.add.at(counts, (history.c[earlier], history.c[earlier + step]), decay ** (step - 1))
    return counts


@dataclass(frozen=True)
class ItemModel:
    """Sum over a teacher's courses, newer ones counting more, of a row of `weights` (C, C)."""

    weights: NDArray[np.float32]
    decay: float
    newest_only: bool = False
    average: bool = False

    def __call__(self, query: Query) -> Scores:
        history = query.history
        weight = self.decay ** history.age.astype(np.float64)
        if self.newest_only:
            weight = np.where(history.age == 0, 1.0, 0.0)
        taken = history.matrix(weight)
        if self.average:
            taken = sparse.diags_array(1.0 / np.maximum(history.length, 1)) @ taken
        return np.asarray(taken.astype(np.float32) @ self.weights, dtype=np.float32)


@dataclass(frozen=True)
class Directed:
    """What came after the courses taken: P(second after first), discounted by how often the second follows anything."""

    name: str = "directed"
    generates_candidates: bool = True
    decay: float = 0.8  # per step between the courses of a pair
    fade: float = 0.8  # per course taken since
    discount: float = 0.5  # power of how often the second course follows anything

    def fit(self, data: FitData) -> FittedSource:
        """Counts over all pairs in order."""
        counts = followed_by(data.history, self.decay)
        leading = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
        following = np.maximum(counts.sum(axis=0, keepdims=True), 1.0)
        return ItemModel((counts / leading / following**self.discount).astype(np.float32), self.fade)


@dataclass(frozen=True)
class NextStep:
    """P(next course | newest course), shrunk towards courses' overall shares where the newest is rare."""

    name: str = "next_step"
    generates_candidates: bool = True
    decay: float = 0.0
    prior: float = 3.0

    def fit(self, data: FitData) -> FittedSource:
        """Counts of steps."""
        counts = followed_by(data.history, self.decay, 1 if self.decay <= 0 else LONGEST)
        share = np.bincount(data.history.c, minlength=data.history.courses) / max(len(data.history.c), 1)
        shares = (counts + self.prior * share) / (counts.sum(axis=1, keepdims=True) + self.prior)
        return ItemModel(shares.astype(np.float32), 1.0, newest_only=True)


@dataclass(frozen=True)
class Backward:
    """What usually came before the courses taken: evidence against taking it now."""

    name: str = "backward"
    generates_candidates: bool = False
    fade: float = 0.8

    def fit(self, data: FitData) -> FittedSource:
        """Counts against the order."""
        counts = followed_by(data.history, 1.0).T
        taken = np.maximum(np.bincount(data.history.c, minlength=data.history.courses), 1)
        weights = counts / taken[:, None] / np.sqrt(taken)[None, :]
        return ItemModel(weights.astype(np.float32), self.fade)


@dataclass(frozen=True)
class Direction:
    """Share of teachers with both courses who took this one later, averaged over her courses (or against the newest)."""

    name: str = "direction"
    generates_candidates: bool = False
    newest_only: bool = False

    def fit(self, data: FitData) -> FittedSource:
        """Counts of both directions, one of each added."""
        counts = followed_by(data.history, 1.0)
        share = (counts + 1.0) / (counts + counts.T + 2.0)
        return ItemModel(share.astype(np.float32), 1.0, self.newest_only, not self.newest_only)


@dataclass(frozen=True)
class SequenceRidge:
    """L2-penalised regression of the courses after a moment on those before it, over all moments."""

    name: str = "sequence"
    generates_candidates: bool = True
    past: float = 0.6  # fading per course back
    future: float = 0.5  # per course ahead
    l2: float = 20.0

    def fit(self, data: FitData) -> FittedSource:
        """Closed form."""
        history = data.history
        moment = np.flatnonzero(history.place >= 1)
        shape = (len(moment), history.courses)
        past = _around(history, moment, history.place[moment], -1, self.past, shape)
        future = _around(history, moment, history.age[moment] + 1, 0, self.future, shape)
        gram = (past.T @ past).toarray()
        gram[np.diag_indices(history.courses)] += self.l2
        weights = np.linalg.solve(gram, (past.T @ future).toarray())
        return ItemModel(weights.astype(np.float32), self.past)


def _around(
    history: EnrolmentHistory, moment: NDArray[np.intp], reach: NDArray[np.intp], start: int, fade: float,
    shape: tuple[int, int],
) -> sparse.csr_matrix:  # fmt: skip
    """(moments, C) faded courses before (start -1) or from (start 0) each moment."""
    rows, columns, values = [], [], []
    for step in range(LONGEST):
        within = np.flatnonzero(reach > step)
        if not len(within):
            break
        place = moment[within] + (start - step if start < 0 else step)
        rows.append(within)
        columns.append(history.c[place])
        values.append(np.full(len(within), fade**step))
    if not rows:
        return sparse.csr_matrix(shape)
    cells = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), cells), shape=shape)


@dataclass(frozen=True)
class UsualOrder:
    """Position of a course in the usual order, minus that of the newest (or the latest) course taken."""

    name: str = "later_than_newest"
    generates_candidates: bool = False
    than_latest: bool = False
    l2: float = 0.05

    def fit(self, data: FitData) -> FittedSource:
        """Least-squares positions with a step of 1 from each course to the next."""
        history = data.history
        first = np.flatnonzero(history.age >= 1)
        a, b = history.c[first], history.c[first + 1]
        grid = np.zeros((history.courses, history.courses))
        for one, other in ((a, b), (b, a)):
            np.add.at(grid, (one, one), 1.0)
            np.add.at(grid, (one, other), -1.0)
        grid[np.diag_indices(history.courses)] += self.l2
        up = np.bincount(b, minlength=history.courses) - np.bincount(a, minlength=history.courses)
        return _FittedOrder(np.asarray(np.linalg.solve(grid, up), dtype=np.float64), self.than_latest)


@dataclass(frozen=True)
class _FittedOrder:
    place: Array
    than_latest: bool

    def __call__(self, query: Query) -> Scores:
        history = query.history
        at = np.full(len(query.teachers), -np.inf)
        rows = slice(None) if self.than_latest else history.age == 0
        np.maximum.at(at, history.t[rows], self.place[history.c[rows]])
        at = np.where(np.isfinite(at), at, 0.0)
        return np.asarray(self.place[None, :] - at[:, None], dtype=np.float32)
