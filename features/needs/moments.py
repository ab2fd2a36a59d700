"""Mean products of values that share something: a teacher, an occasion, a school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from features.needs.averages import Averages
from features.needs.measures import Source

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """Mean product where two indicators mean the same competency, and where they mean two that are apart."""

    same: float
    cross: float
    pairs: float
    cross_pairs: float
    variance: float  # of `same`


@dataclass(frozen=True)
class Inside:
    """Mean product over different indicators of one occasion."""

    mean: float
    pairs: float


@dataclass(frozen=True)
class Colleagues:
    """Mean product over different teachers of a school, the mean overlap of their indicators, schools."""

    mean: float
    overlap: float
    schools: int


def overlaps(q1: Array, q2: Array) -> Array:
    """(J1, J2) in 0..1: how far two indicators mean the same competencies (cosine of their weights)."""
    norms = np.linalg.norm(q1, axis=1)[:, None] * np.linalg.norm(q2, axis=1)[None, :]
    return np.asarray(q1 @ q2.T / np.where(norms > 0, norms, 1.0))


def within_occasions(source: Source) -> tuple[Moment, Inside]:
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
    product = (s.T @ s).toarray() - inner
    number = (n.T @ n).toarray() - counts
    apart = ~np.eye(width, dtype=bool)
    total = counts[apart].sum()
    inside = Inside(float(inner[apart].sum() / total) if total else 0.0, float(total))
    return _moment(product, number, overlaps(source.q, source.q), teachers), inside


def known_noise(source: Source) -> tuple[float, float]:
    """Mean known sampling variance of a value, and covariance of two of an occasion; (0, 0) if not given."""
    if not len(source.known):
        return 0.0, 0.0
    diagonal = source.known[:, 1] == source.known[:, 2]
    apart = source.known[~diagonal, 3]
    return float(source.known[diagonal, 3].mean()), float(apart.mean()) if len(apart) else 0.0


def across_sources(a: Averages, b: Averages) -> Moment:
    """Products of two sources' averages of the same teacher, each teacher counted once a pair."""
    teachers = int(max(a.t.max(), b.t.max())) + 1
    x, nx = _matrices(a, teachers)
    y, ny = _matrices(b, teachers)
    return _moment((x.T @ y).toarray(), (nx.T @ ny).toarray(), overlaps(a.q, b.q), teachers)


def within_schools(a: Averages, b: Averages, school: NDArray[np.intp]) -> Colleagues:
    """Products of averages of two different teachers of one school."""
    schools = int(school.max()) + 1
    total = np.bincount(school[a.t], a.mean, schools) * np.bincount(school[b.t], b.mean, schools)
    pairs = np.bincount(school[a.t], minlength=schools) * np.bincount(school[b.t], minlength=schools)
    teachers = len(school)
    own = np.bincount(a.t, a.mean, teachers) * np.bincount(b.t, b.mean, teachers)
    own_pairs = np.bincount(a.t, minlength=teachers) * np.bincount(b.t, minlength=teachers)
    product = total - np.bincount(school, own, schools)
    number = (pairs - np.bincount(school, own_pairs, schools)).astype(np.float64)
    good = number > 0
    if not good.any():
        return Colleagues(0.0, 0.0, 0)
    weight = np.sqrt(number[good])
    mean = float((product[good] / number[good] * weight).sum() / weight.sum())
    ja, jb = np.bincount(a.j, minlength=len(a.q)), np.bincount(b.j, minlength=len(b.q))
    overlap = float(ja @ overlaps(a.q, b.q) @ jb / max(ja.sum() * jb.sum(), 1))
    return Colleagues(mean, overlap, int(good.sum()))


def _matrices(cell: Averages, teachers: int) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    shape = (teachers, len(cell.q))
    value = sparse.csr_matrix((cell.mean / np.maximum(cell.share, 0.1), (cell.t, cell.j)), shape=shape)
    return value, sparse.csr_matrix((np.ones(len(cell.t)), (cell.t, cell.j)), shape=shape)


def _moment(product: Array, number: Array, overlap: Array, teachers: int) -> Moment:
    """Split by overlap: above .9 is the same competency, below .1 another; between is not used."""
    same, cross = overlap > 0.9, overlap < 0.1
    pairs, cross_pairs = float(number[same].sum()), float(number[cross].sum())
    value = float(product[same].sum() / pairs) if pairs else 0.0
    other = float(product[cross].sum() / cross_pairs) if cross_pairs else 0.0
    people = max(min(pairs, float(teachers)), 1.0)
    return Moment(value, other, pairs, cross_pairs, 1.0 / people)
