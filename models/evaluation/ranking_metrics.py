"""How good an order is: NDCG, recall, hit rate and the share of an oracle's gain, one value per query.

A query is the list of one unit (a teacher's courses, a school's pairs). All metrics take flat arrays and a
`Ranking` of them; ties of the score go to the smaller index, as in every list that is shown. A query for
which a metric means nothing (nothing relevant to find) is NaN and is left out of averages.

Sources: Jarvelin and Kekalainen 2002 (NDCG); the share of the oracle's gain is the expected gain of the
first k over that of the best k, what a person loses by following the list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Ranking:
    """The places of n documents in Q queries: `place` (n,) counts from 0 within the document's query."""

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


def ndcg(ranking: Ranking, worth: Array, k: int) -> Array:
    """(Q,) discounted worth of the first k over that of the best order; NaN where nothing has worth.

    worth (n,) is what a place is worth, never negative: true gain as it is, or 2^grade - 1 of a grade.
    """
    _check(ranking, worth, k)
    found = _discounted(ranking, worth, k)
    best = _discounted(rank(ranking.query, worth, ranking.queries), worth, k)
    return _ratio(found, best)


def recall(ranking: Ranking, relevant: NDArray[np.bool_], k: int) -> Array:
    """(Q,) share of the relevant documents that stand among the first k; NaN without a relevant one."""
    _check(ranking, relevant, k)
    hits = _sum(ranking, relevant & (ranking.place < k))
    return _ratio(hits, _sum(ranking, relevant))


def hit_rate(ranking: Ranking, relevant: NDArray[np.bool_], k: int) -> Array:
    """(Q,) 1 where a relevant document stands among the first k, else 0; NaN without a relevant one."""
    _check(ranking, relevant, k)
    hits = _sum(ranking, relevant & (ranking.place < k))
    return np.where(_sum(ranking, relevant) > 0, (hits > 0).astype(np.float64), np.nan)


def oracle_share(ranking: Ranking, gain: Array, k: int) -> Array:
    """(Q,) sum of the gain of the first k over the sum of the k largest; NaN where there is none to have."""
    _check(ranking, gain, k)
    found = _sum(ranking, np.where(ranking.place < k, gain, 0.0))
    oracle = rank(ranking.query, gain, ranking.queries)
    return _ratio(found, _sum(ranking, np.where(oracle.place < k, gain, 0.0)))


def _check(ranking: Ranking, values: NDArray[np.float64] | NDArray[np.bool_], k: int) -> None:
    if values.shape != ranking.query.shape:
        raise ValueError(f"{values.shape} values do not fit {ranking.query.shape} documents")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    if len(values) and not (np.isfinite(values).all() and values.min() >= 0):
        raise ValueError("worth and gain must be finite and never negative")


def _discounted(ranking: Ranking, worth: Array, k: int) -> Array:
    discount = np.where(ranking.place < k, 1.0 / np.log2(ranking.place + 2.0), 0.0)
    return _sum(ranking, worth * discount)


def _sum(ranking: Ranking, values: NDArray[np.float64] | NDArray[np.bool_]) -> Array:
    return np.bincount(ranking.query, weights=values, minlength=ranking.queries).astype(np.float64)


def _ratio(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
