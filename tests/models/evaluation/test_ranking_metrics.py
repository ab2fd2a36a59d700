"""Metrics against the definition written out with loops."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.ranking_metrics import hit_rate, ndcg, oracle_share, rank, recall


def _by_hand(query, score, worth, k, what):
    out = []
    for q in range(int(query.max()) + 1):
        at = np.flatnonzero(query == q)
        order = sorted(at, key=lambda i: (-score[i], i))
        ideal = sorted(at, key=lambda i: -worth[i])
        if what == "ndcg":
            result = sum(worth[i] / np.log2(p + 2) for p, i in enumerate(order[:k]))
            best = sum(worth[i] / np.log2(p + 2) for p, i in enumerate(ideal[:k]))
        elif what == "oracle":
            result, best = sum(worth[i] for i in order[:k]), sum(worth[i] for i in ideal[:k])
        else:
            result, best = sum(worth[i] > 0 for i in order[:k]), sum(worth[i] > 0 for i in at)
            if what == "hit":
                result, best = float(result > 0), float(best > 0)
        out.append(result / best if best else np.nan)
    return np.array(out)


@pytest.mark.parametrize("k", [1, 3, 10, 100])
@pytest.mark.parametrize("seed", range(5))
def test_every_metric_equals_its_definition(seed, k):
    rng = np.random.default_rng(seed)
    query = rng.permutation(np.repeat(np.arange(30), rng.integers(1, 20, 30))).astype(np.intp)
    score = rng.integers(0, 5, len(query)).astype(float)  # many ties
    worth = rng.integers(0, 4, len(query)).astype(float) * (rng.random(len(query)) < 0.4)
    places = rank(query, score)
    np.testing.assert_allclose(ndcg(places, worth, k), _by_hand(query, score, worth, k, "ndcg"))
    np.testing.assert_allclose(oracle_share(places, worth, k), _by_hand(query, score, worth, k, "oracle"))
    np.testing.assert_allclose(recall(places, worth > 0, k), _by_hand(query, score, worth, k, "recall"))
    np.testing.assert_allclose(hit_rate(places, worth > 0, k), _by_hand(query, score, worth, k, "hit"))


def test_ties_go_to_the_smaller_index():
    places = rank(np.zeros(4, np.intp), np.array([1.0, 2.0, 2.0, 1.0]))
    assert places.place.tolist() == [2, 0, 1, 3]


def test_a_query_with_nothing_to_find_is_left_out():
    query = np.array([0, 0, 1, 1])
    worth = np.array([0.0, 0.0, 1.0, 0.0])
    value = ndcg(rank(query, np.array([2.0, 1.0, 2.0, 1.0])), worth, 10)
    assert np.isnan(value[0]) and value[1] == 1.0


def test_no_documents_at_all():
    places = rank(np.zeros(0, np.intp), np.zeros(0))
    assert len(ndcg(places, np.zeros(0), 10)) == 0 and places.longest == 0


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="finite"):
        rank(np.zeros(2, np.intp), np.array([1.0, np.nan]))
    places = rank(np.zeros(2, np.intp), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="never negative"):
        ndcg(places, np.array([-1.0, 1.0]), 10)
    with pytest.raises(ValueError, match="at least 1"):
        ndcg(places, np.array([1.0, 1.0]), 0)
