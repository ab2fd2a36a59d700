"""Mean products of values that share something: a teacher, an occasion, a department, a school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.needs.evidence.source_averages import SourceAverages
from features.needs.evidence.standardized_evidence import StandardizedSource

Array = NDArray[np.float64]
Index = NDArray[np.intp]
SAME, APART = 0.9, 0.1  # overlap from which two indicators mean one competency, below which two


@dataclass(frozen=True)
class Moment:
    """Mean product where two indicators mean the same competency, and where they mean two that are apart."""

    same: float
    cross: float
    pairs: float
    cross_pairs: float


@dataclass(frozen=True)
class Inside:
    """Mean product over different indicators of one occasion."""

    mean: float
    pairs: float


@dataclass(frozen=True)
class CrossProducts:
    """Sums of products and numbers of pairs of every two indicators, (J, J') each."""

    total: Array
    number: Array

    def __sub__(self, other: CrossProducts) -> CrossProducts:
        return CrossProducts(self.total - other.total, np.maximum(self.number - other.number, 0.0))

    def moment(self, overlap: Array) -> Moment:
        """Split by overlap (J, J'); pairs that are neither the same nor apart are not used."""
        same, cross = overlap > SAME, overlap < APART
        pairs, cross_pairs = float(self.number[same].sum()), float(self.number[cross].sum())
        return Moment(
            float(self.total[same].sum() / pairs) if pairs > 0 else 0.0,
            float(self.total[cross].sum() / cross_pairs) if cross_pairs > 0 else 0.0,
            pairs, cross_pairs,
        )  # fmt: skip


def overlaps(q1: Array, q2: Array) -> Array:
    """(J1, J2) in 0..1: how far two indicators mean the same competencies (cosine of their weights)."""
    norms = np.linalg.norm(q1, axis=1)[:, None] * np.linalg.norm(q2, axis=1)[None, :]
    return np.asarray(q1 @ q2.T / np.where(norms > 0, norms, 1.0))


def within_occasions(source: StandardizedSource) -> tuple[Moment, Inside]:
    """Products over two different occasions of a teacher; and over two indicators of one occasion."""
    width = len(source.q)
    teachers = int(source.t.max()) + 1
    occasions = int(source.occasion.max()) + 1
    once = np.ones(len(source))
    shape = (occasions, width)
    x = sparse.csr_matrix((source.value, (source.occasion, source.j)), shape=shape)
    c = sparse.csr_matrix((once, (source.occasion, source.j)), shape=shape)
    s = sparse.csr_matrix((source.value, (source.t, source.j)), shape=(teachers, width))
    n = sparse.csr_matrix((once, (source.t, source.j)), shape=(teachers, width))
    inner, counts = (x.T @ x).toarray(), (c.T @ c).toarray()
    across = CrossProducts((s.T @ s).toarray() - inner, (n.T @ n).toarray() - counts)
    apart = ~np.eye(width, dtype=bool)
    total = counts[apart].sum()
    inside = Inside(float(inner[apart].sum() / total) if total else 0.0, float(total))
    return across.moment(overlaps(source.q, source.q)), inside


def known_noise(source: StandardizedSource) -> tuple[float, float]:
    """Mean known sampling variance of a value, and covariance of two of an occasion; (0, 0) if not given."""
    if not len(source.sampling_cov):
        return 0.0, 0.0
    diagonal = source.sampling_cov[:, 1] == source.sampling_cov[:, 2]
    apart = source.sampling_cov[~diagonal, 3]
    values = max(len(source), 1)
    return float(source.sampling_cov[diagonal, 3].sum() / values), float(apart.mean()) if len(apart) else 0.0


def own_products(a: SourceAverages, b: SourceAverages) -> CrossProducts:
    """Two sources' averages of the same teacher, each teacher counted once a pair."""
    teachers = int(max(a.t.max(), b.t.max())) + 1
    (x, nx), (y, ny) = _matrices(a, teachers), _matrices(b, teachers)
    return CrossProducts((x.T @ y).toarray(), (nx.T @ ny).toarray())


def colleagues(a: SourceAverages, b: SourceAverages, group: Index) -> CrossProducts:
    """Averages of two different teachers of a group; every group counts by its people, not by its pairs."""
    weight = 1.0 / np.sqrt(np.bincount(group))[group]
    members = sparse.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))))
    sides = []
    for cell in (a, b):
        value, number = _matrices(cell, len(group))
        scaling = sparse.diags(weight)
        sides.append((scaling @ value, scaling @ number))
    (x, nx), (y, ny) = sides
    everyone = CrossProducts(
        ((members @ x).T @ (members @ y)).toarray(), ((members @ nx).T @ (members @ ny)).toarray()
    )
    return everyone - CrossProducts((x.T @ y).toarray(), (nx.T @ ny).toarray())


def _matrices(cell: SourceAverages, teachers: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    shape = (teachers, len(cell.q))
    value = sparse.csr_matrix((cell.mean / np.maximum(cell.share, 0.1), (cell.t, cell.j)), shape=shape)
    return value, sparse.csr_matrix((np.ones(len(cell.t)), (cell.t, cell.j)), shape=shape)
