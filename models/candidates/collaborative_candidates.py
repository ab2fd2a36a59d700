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
from models.candidates.sequential_candidates import ItemModel

Array = NDArray[np.float64]
POOL: Final = 20_000  # teachers among whom neighbours are searched
PRIOR_TEACHERS: Final = 20.0  # weight of the overall rate in the rate of a stage and subject, in teachers


@dataclass(frozen=True)
class PeerPopularity:
    """Share of the teachers of the same stage and subject who took a course, shrunk towards that of all."""

    name: str = "peers"
    generates_candidates: bool = True

    def fit(self, data: FitData) -> FittedSource:
        """Counts."""
        teachers, history = data.snapshot.tables["teachers"], data.history
        group = teachers.groupby(["stage", "subject"], dropna=False).ngroup()
        kind = np.asarray(group, dtype=np.intp)
        kinds = int(kind.max(initial=-1)) + 1
        count = np.zeros((kinds, history.courses))
        np.add.at(count, (kind[history.t], history.c), 1.0)
        overall = count.sum(axis=0) / max(history.teachers, 1)
        size = np.bincount(kind, minlength=kinds)[:, None]
        return _ByKind(
            kind, ((count + PRIOR_TEACHERS * overall) / (size + PRIOR_TEACHERS)).astype(np.float32)
        )


@dataclass(frozen=True)
class _ByKind:
    kind: NDArray[np.intp]
    rate: Scores

    def __call__(self, query: Query) -> Scores:
        return self.rate[self.kind[query.teachers]]


@dataclass(frozen=True)
class Ease:
    """Item-to-item weights of the linear autoencoder with an l2 penalty, without self-loops, in closed form."""

    name: str = "ease"
    generates_candidates: bool = True
    l2: float = 50.0
    fade: float = 1.0

    def fit(self, data: FitData) -> FittedSource:
        """One inverse of C x C."""
        taken = data.history.matrix()
        gram = (taken.T @ taken).toarray()
        gram[np.diag_indices(len(gram))] += self.l2
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)[None, :]
        weights[np.diag_indices(len(gram))] = 0.0
        return ItemModel(weights.astype(np.float32), self.fade)


@dataclass(frozen=True)
class GraphFilter:
    """Low frequencies of the teacher-course graph: linear filter plus `ideal` times the ideal one."""

    name: str = "graph"
    generates_candidates: bool = True
    factors: int = 64
    ideal: float = 0.3

    def fit(self, data: FitData) -> FittedSource:
        """Eigenvectors of the normalised C x C co-enrolment."""
        taken = data.history.matrix()
        people = np.maximum(np.asarray(taken.sum(axis=1)).ravel(), 1.0)
        course = np.maximum(np.asarray(taken.sum(axis=0)).ravel(), 1.0)
        normal = sparse.diags_array(people**-0.5) @ taken @ sparse.diags_array(course**-0.5)
        linear = (normal.T @ normal).toarray()
        vectors = np.linalg.eigh(linear)[1][:, -self.factors :]
        low = course[:, None] ** -0.5 * (vectors @ vectors.T) * course[None, :] ** 0.5
        return ItemModel((linear + self.ideal * low).astype(np.float32), 1.0)


@dataclass(frozen=True)
class Neighbours:
    """Courses of the most similar teachers; `ordered`: what they took after the last course in common."""

    name: str = "neighbours"
    generates_candidates: bool = True
    ordered: bool = False
    nearest: int = 150
    fade: float = 0.7
    after: float = 0.8  # per step after the last course in common
    before: float = 0.15  # of what they took earlier than that

    def fit(self, data: FitData) -> FittedSource:
        """An evenly spread pool of teachers with at least two courses."""
        history = data.history
        eligible = np.flatnonzero(history.length >= 2)
        step = max(len(eligible) // POOL, 1)
        pool = eligible[::step][:POOL]
        taken = history.matrix()[pool]
        count = np.maximum(np.asarray(history.matrix().sum(axis=0)).ravel(), 1.0)
        rarity = np.log1p(max(history.teachers, 1) / count)
        length = np.sqrt(np.maximum(history.length[pool], 1))
        position = history.matrix(history.place.astype(np.float64) + 1.0)[pool]
        return _FittedNeighbours(
            self, pool, sparse.diags_array(1.0 / length) @ taken, taken.astype(np.float32), position, rarity
        )


@dataclass(frozen=True)
class _FittedNeighbours:
    spec: Neighbours
    pool: NDArray[np.intp]
    normal: sparse.csr_array
    taken: sparse.csr_matrix
    position: sparse.csr_matrix
    rarity: Array

    def __call__(self, query: Query) -> Scores:
        history, spec = query.history, self.spec
        n, nearest = len(query.teachers), min(spec.nearest, len(self.pool))
        scores = np.zeros((n, history.courses), np.float32)
        if not nearest:
            return scores
        profiles = history.recent(spec.fade) @ sparse.diags_array(self.rarity)
        similarity = np.asarray((profiles @ self.normal.T).toarray(), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.pool, query.teachers), len(self.pool) - 1)
        in_pool = np.flatnonzero(self.pool[at] == query.teachers)
        similarity[in_pool, at[in_pool]] = 0.0  # a teacher is not her own neighbour
        best = np.argpartition(-similarity, nearest - 1, axis=1)[:, :nearest]
        best.sort(axis=1)
        weight = np.take_along_axis(similarity, best, axis=1)
        if not spec.ordered:
            first = np.arange(0, n * nearest + 1, nearest)
            neighbours = sparse.csr_matrix((weight.ravel(), best.ravel(), first), shape=(n, len(self.pool)))
            return np.asarray((neighbours @ self.taken).toarray(), dtype=np.float32)
        for row in np.flatnonzero(history.length > 0):
            own = slice(history.first[row], history.first[row + 1])
            scores[row] = self._after(history.c[own], best[row], weight[row])
        return scores

    def _after(self, courses: NDArray[np.intp], neighbours: NDArray[np.intp], weight: Scores) -> Scores:
        """(C,) for one teacher."""
        spec = self.spec
        position = np.asarray(self.position[neighbours].toarray(), dtype=np.float32)
        shared = position[:, courses]
        decay = spec.fade ** np.arange(len(courses) - 1, -1, -1.0)
        newest = np.where(shared > 0, decay[None, :], -1.0).argmax(axis=1)
        since = position - shared[np.arange(len(neighbours)), newest][:, None]
        recency = np.where(since > 0, spec.after ** np.maximum(since - 1.0, 0.0), spec.before)
        return np.asarray(
            (np.where(position > 0, recency, 0.0) * (weight * decay[newest])[:, None]).sum(axis=0),
            dtype=np.float32,
        )
