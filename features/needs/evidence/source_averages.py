"""Values of one source, averaged by teacher and indicator: what the posterior is conditioned on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.standardized_evidence import StandardizedSource

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class SourceAverages:
    """m cells, sorted by teacher then indicator: t, j, mean of the values, n of them, mean age, mean share.

    sampling_cov (p, 4): t, j, j', sampling covariance of two cells of a teacher, where the input gives it.
    """

    name: str
    t: Index
    j: Index
    mean: Array
    n: Array
    age: Array
    share: Array
    q: Array
    sampling_cov: Array


def no_averages(name: str, k: int) -> SourceAverages:
    """A source without any value, K = k competencies."""
    index, values = np.zeros(0, np.intp), np.zeros(0)
    return SourceAverages(name, index, index, *(values,) * 4, np.zeros((0, k)), np.zeros((0, 4)))


def average(source: StandardizedSource) -> SourceAverages:
    """Plain means: weights by age would need the noise that is estimated from these very values."""
    width = max(len(source.q), 1)
    cell, place = np.unique(source.t * width + source.j, return_inverse=True)
    n = np.bincount(place, minlength=len(cell)).astype(np.float64)
    mean, age, share = (
        np.bincount(place, weights, len(cell)) / np.maximum(n, 1)
        for weights in (source.value, source.age, source.share)
    )
    t, j = cell // width, cell % width
    return SourceAverages(
        source.name, t, j, mean, n, age, share, source.q, _sampling_cov(source, cell, n, width)
    )


def _sampling_cov(source: StandardizedSource, cell: Index, n: Array, width: int) -> Array:
    """Sums of the known covariances over occasions, over the product of the two counts."""
    if not len(source.sampling_cov):
        return np.zeros((0, 4))
    occasion = source.sampling_cov[:, 0].astype(np.intp)
    teacher = np.zeros(int(source.occasion.max()) + 1, dtype=np.intp)
    teacher[source.occasion] = source.t
    t = teacher[occasion]
    j1, j2 = source.sampling_cov[:, 1].astype(np.intp), source.sampling_cov[:, 2].astype(np.intp)
    key, place = np.unique((t * width + j1) * width + j2, return_inverse=True)
    total = np.bincount(place, source.sampling_cov[:, 3], len(key))
    t, j1, j2 = key // (width * width), key // width % width, key % width
    n1, n2 = (n[np.searchsorted(cell, t * width + j)] for j in (j1, j2))
    return np.column_stack([t, j1, j2, total / (n1 * n2)]).astype(np.float64)
