"""Ranking metrics: NDCG, recall, hit rate and the share of an oracle's gain, one value per query.

A query is the list of one unit (a teacher's courses, a school's pairs). All metrics take flat arrays and a `Ranking` of
them; ties of the score go to the smaller index, as in every list that is displayed. A query for which a metric is
undefined (nothing relevant) is NaN and is left out of means.

Sources: Jarvelin and Kekalainen 2002 (NDCG); the share of the oracle's gain is the expected gain of the first k over
that of the best k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Ranking:
    """The ranks of n documents in Q queries: `place` (n,) counts from 0 within the document's query."""

    query: Index
    place: Index
    queries: int

    @property
    def longest(self) -> int:
        """The number of documents of the longest query."""
        return int(self.place.max()) + 1 if len(self.place) else 0


def rank(query: Index, score: Array, queries: int | None = None) -> Ranking:
    """Order the documents of each query by falling score, ties by smaller index.

    query (n,) holds numbers 0..Q-1 in any order; score (n,) must be finite. Raises ValueError otherwise.
    """
    if query.shape != score.shape:
        raise ValueError(f"{query.shape} queries do not fit {score.shape} scores")
    if not np.isfinite(score).all():
        raise ValueError("a score is not a finite number")
    count = queries if queries is not None else (int(query.max()) + 1 if len(query) else 0)
    order = np.lexsort((-score, query))  # lexsort is stable: equal scores keep the order of their index
    sizes = np.bincount(query, minlength=count)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if count else np.zeros(0, np.intp)
    place = np.empty(len(query), np.intp)
    place[order] = np.arange(len(query)) - starts[query[order]]
    return Ranking(query, place, count)


def ndcg(ranking: Ranking, relevance: Array, k: int) -> Array:
    """(Q,) discounted cumulative relevance of the first k over that of the ideal order; NaN where it is all 0.

    relevance (n,): not negative; a true gain, or 2^grade - 1 of a grade.
    """
    _check(ranking, relevance, k)
    ideal = _dcg(rank(ranking.query, relevance, ranking.queries), relevance, k)
    return _ratio(_dcg(ranking, relevance, k), ideal)


def recall(ranking: Ranking, relevant: NDArray[np.bool_], k: int) -> Array:
    """(Q,) share of the relevant documents among the first k; NaN without a relevant one."""
    _check(ranking, relevant, k)
    hits = _sum(ranking, relevant & (ranking.place < k))
    return _ratio(hits, _sum(ranking, relevant))


def hit_rate(ranking: Ranking, relevant: NDArray[np.bool_], k: int) -> Array:
    """(Q,) 1 where a relevant document is among the first k, else 0; NaN without a relevant one."""
    _check(ranking, relevant, k)
    hits = _sum(ranking, relevant & (ranking.place < k))
    return np.where(_sum(ranking, relevant) > 0, (hits > 0).astype(np.float64), np.nan)


def oracle_share(ranking: Ranking, gain: Array, k: int) -> Array:
    """(Q,) sum of the gain of the first k over the sum of the k largest; NaN where that is 0."""
    _check(ranking, gain, k)
    achieved = _sum(ranking, np.where(ranking.place < k, gain, 0.0))
    oracle = rank(ranking.query, gain, ranking.queries)
    return _ratio(achieved, _sum(ranking, np.where(oracle.place < k, gain, 0.0)))


def _check(ranking: Ranking, values: NDArray[np.float64] | NDArray[np.bool_], k: int) -> None:
    if values.shape != ranking.query.shape:
        raise ValueError(f"{values.shape} values do not fit {ranking.query.shape} documents")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if len(values) and not (np.isfinite(values).all() and values.min() >= 0):
        raise ValueError("relevance and gain must be finite and never negative")


def _dcg(ranking: Ranking, relevance: Array, k: int) -> Array:
    discount = np.where(ranking.place < k, 1.0 / np.log2(ranking.place + 2.0), 0.0)
    return _sum(ranking, relevance * discount)


def _sum(ranking: Ranking, values: NDArray[np.float64] | NDArray[np.bool_]) -> Array:
    return np.bincount(ranking.query, weights=values, minlength=ranking.queries).astype(np.float64)


def _ratio(numerator: Array, denominator: Array) -> Array:
    positive = denominator > 0
    return np.where(positive, numerator / np.where(positive, denominator, 1.0), np.nan)
