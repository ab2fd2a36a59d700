"""Sources without order: what peers take, and what is taken together.

EASE (Steck 2019), the linear part and the ideal low-pass filter of GF-CF (Shen et al. 2021), nearest teachers
(cosine over rare courses; with order: only what they took after the last course in common counts in full).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.candidates.candidate_generation import FitData, FittedSource, Query, Scores
from models.candidates.sequential_candidates import _ItemModel

Array = NDArray[np.float64]
POOL: Final = 20_000  # teachers among whom neighbours are looked for
PEERS: Final = 20.0  # teachers' worth of the whole city in the rate of a stage and subject


@dataclass(frozen=True)
class PeerPopularity:
    """Share of the teachers of the same stage and subject who took a course, that of all mixed in."""

    name: str = "peers"
    ranks: bool = True

    def fit(self, known: FitData) -> FittedSource:
        """Counts."""
        teachers, history = known.snapshot.tables["teachers"], known.history
        group = teachers.groupby(["stage", "subject"], dropna=False).ngroup()
        kind = np.asarray(group, dtype=np.intp)
        kinds = int(kind.max(initial=-1)) + 1
        count = np.zeros((kinds, history.courses))
        np.add.at(count, (kind[history.t], history.c), 1.0)
        whole = count.sum(axis=0) / max(history.teachers, 1)
        size = np.bincount(kind, minlength=kinds)[:, None]
        return _ByKind(kind, ((count + PEERS * whole) / (size + PEERS)).astype(np.float32))


@dataclass(frozen=True)
class _ByKind:
    kind: NDArray[np.intp]
    rate: Scores

    def __call__(self, asked: Query) -> Scores:
        return self.rate[self.kind[asked.teachers]]


@dataclass(frozen=True)
class Ease:
    """Item-to-item weights of the ridge autoencoder without self-loops, in closed form."""

    name: str = "ease"
    ranks: bool = True
    ridge: float = 50.0
    fade: float = 1.0

    def fit(self, known: FitData) -> FittedSource:
        """One inverse of C x C."""
        taken = known.history.matrix()
        gram = (taken.T @ taken).toarray()
        gram[np.diag_indices(len(gram))] += self.ridge
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)[None, :]
        weights[np.diag_indices(len(gram))] = 0.0
        return _ItemModel(weights.astype(np.float32), self.fade)


@dataclass(frozen=True)
class GraphFilter:
    """Low frequencies of the teacher-course graph: linear filter plus `ideal` times the ideal one."""

    name: str = "graph"
    ranks: bool = True
    factors: int = 64
    ideal: float = 0.3

    def fit(self, known: FitData) -> FittedSource:
        """Eigenvectors of the normalised C x C co-enrolment."""
        taken = known.history.matrix()
        people = np.maximum(np.asarray(taken.sum(axis=1)).ravel(), 1.0)
        course = np.maximum(np.asarray(taken.sum(axis=0)).ravel(), 1.0)
        normal = sparse.diags_array(people**-0.5) @ taken @ sparse.diags_array(course**-0.5)
        linear = (normal.T @ normal).toarray()
        vectors = np.linalg.eigh(linear)[1][:, -self.factors :]
        low = course[:, None] ** -0.5 * (vectors @ vectors.T) * course[None, :] ** 0.5
        return _ItemModel((linear + self.ideal * low).astype(np.float32), 1.0)


@dataclass(frozen=True)
class Neighbours:
    """Courses of the most similar teachers; `ordered`: what they took after the last course in common."""

    name: str = "neighbours"
    ranks: bool = True
    ordered: bool = False
    nearest: int = 150
    fade: float = 0.7
    after: float = 0.8  # per step after the last course in common
    before: float = 0.15  # of what they took earlier than that

    def fit(self, known: FitData) -> FittedSource:
        """Keeps an evenly spread pool of teachers with at least two courses."""
        history = known.history
        held = np.flatnonzero(history.length >= 2)
        step = max(len(held) // POOL, 1) if len(held) > POOL else 1
        pool = held[::step][:POOL]
        taken = history.matrix()[pool]
        count = np.maximum(np.asarray(history.matrix().sum(axis=0)).ravel(), 1.0)
        rare = np.log1p(max(history.teachers, 1) / count)
        length = np.sqrt(np.maximum(history.length[pool], 1))
        place = history.matrix(history.place.astype(np.float64) + 1.0)[pool]
        return _Near(
            self, pool, sparse.diags_array(1.0 / length) @ taken, taken.astype(np.float32), place, rare
        )


@dataclass(frozen=True)
class _Near:
    asks: Neighbours
    pool: NDArray[np.intp]
    normal: sparse.csr_array
    taken: sparse.csr_matrix
    place: sparse.csr_matrix
    rare: Array

    def __call__(self, asked: Query) -> Scores:
        history, asks = asked.history, self.asks
        n, nearest = len(asked.teachers), min(asks.nearest, len(self.pool))
        out = np.zeros((n, history.courses), np.float32)
        if not nearest:
            return out
        query = history.recent(asks.fade) @ sparse.diags_array(self.rare)
        alike = np.asarray((query @ self.normal.T).toarray(), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.pool, asked.teachers), len(self.pool) - 1)
        own = np.flatnonzero(self.pool[at] == asked.teachers)
        alike[own, at[own]] = 0.0
        best = np.argpartition(-alike, nearest - 1, axis=1)[:, :nearest]
        best.sort(axis=1)
        weight = np.take_along_axis(alike, best, axis=1)
        if not asks.ordered:
            first = np.arange(0, n * nearest + 1, nearest)
            near = sparse.csr_matrix((weight.ravel(), best.ravel(), first), shape=(n, len(self.pool)))
            return np.asarray((near @ self.taken).toarray(), dtype=np.float32)
        for row in np.flatnonzero(history.length > 0):
            mine = slice(history.first[row], history.first[row + 1])
            out[row] = self._after(history.c[mine], best[row], weight[row])
        return out

    def _after(self, courses: NDArray[np.intp], near: NDArray[np.intp], weight: Scores) -> Scores:
        """(C,) for one teacher."""
        asks = self.asks
        place = np.asarray(self.place[near].toarray(), dtype=np.float32)
        shared = place[:, courses]
        fading = asks.fade ** np.arange(len(courses) - 1, -1, -1.0)
        newest = np.where(shared > 0, fading[None, :], -1.0).argmax(axis=1)
        since = place - shared[np.arange(len(near)), newest][:, None]
        how_much = np.where(since > 0, asks.after ** np.maximum(since - 1.0, 0.0), asks.before)
        return np.asarray(
            (np.where(place > 0, how_much, 0.0) * (weight * fading[newest])[:, None]).sum(axis=0),
            dtype=np.float32,
        )
