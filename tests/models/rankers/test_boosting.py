"""Trees on a base: they find what is planted, invent little where nothing is, and repeat themselves."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.ranking_metrics import ndcg, rank
from models.rankers.boosting import RankingLists, boost

NAMES = [f"feature_{i}" for i in range(6)]


def _lists(seed, signal, queries=60, length=30, base_says=0.5):
    rng = np.random.default_rng(seed)
    n = queries * length
    features = rng.normal(size=(n, 6)).astype(np.float32)
    base = rng.normal(size=n)
    relevance = base_says * base + signal * features[:, 0] + rng.normal(size=n)
    grade = np.searchsorted(np.quantile(relevance, [0.2, 0.4, 0.6, 0.8]), relevance)
    return RankingLists(features, base, grade, np.full(n, 0.03), np.full(queries, length))


def _ndcg(lists, score):
    query = np.repeat(np.arange(len(lists.sizes)), lists.sizes)
    return float(np.nanmean(ndcg(rank(query, score), 2.0**lists.grade - 1, 10)))


def test_a_planted_signal_is_found_and_beats_base_and_chance():
    test = _lists(9, 0.5)
    trees = boost(_lists(1, 0.5), _lists(2, 0.5), NAMES, [0] * 6, seed=0)
    ours = _ndcg(test, test.base + trees.predict(test.features, raw_score=True))
    chance = _ndcg(test, np.random.default_rng(0).random(len(test.base)))
    assert ours > _ndcg(test, test.base) + 0.05 > chance + 0.05


def test_without_a_signal_the_base_is_left_alone():
    test = _lists(9, 0.0)
    trees = boost(_lists(1, 0.0), _lists(2, 0.0), NAMES, [0] * 6, seed=0)
    ours = _ndcg(test, test.base + trees.predict(test.features, raw_score=True))
    assert ours > _ndcg(test, test.base) - 0.01


def test_the_same_data_and_seed_give_the_same_bytes():
    texts = {boost(_lists(1, 0.5), _lists(2, 0.5), NAMES, [0] * 6, seed=3).model_to_string() for _ in "12"}
    assert len(texts) == 1


@pytest.mark.parametrize("direction", [1, -1])
def test_monotone_features_never_turn(direction):
    trees = boost(_lists(1, 0.8), _lists(2, 0.8), NAMES, [direction, *[0] * 5], seed=0)
    line = np.zeros((200, 6), np.float32)
    line[:, 0] = np.linspace(-3, 3, 200)
    steps = np.diff(trees.predict(line, raw_score=True))
    assert (direction * steps >= -1e-12).all()


def test_lists_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        RankingLists(np.zeros((3, 1), np.float32), np.zeros(3), np.zeros(3, int), np.ones(3), np.array([2]))
    with pytest.raises(ValueError, match="more than"):
        n = 10_001
        RankingLists(np.zeros((n, 1), np.float32), np.zeros(n), np.zeros(n, int), np.ones(n), np.array([n]))
