"""Researchers' own scorers: estimators with fit and predict, objects with score, plain functions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.builders.feature_set import default_features
from features.errors import UsageError
from features.snapshot import take_snapshot
from models.data.relevance_labels import PairLabels, no_labels
from models.rankers.baselines import Random
from models.rankers.estimator_adapter import EstimatorAdapter, adapt_estimator

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot(district, planted):
    return take_snapshot(district, planted(district, AS_OF))


@pytest.fixture(scope="module")
def labels(snapshot):
    """1 for the half of the pairs with the larger expected gap."""
    t, c = snapshot.eligibility.pairs(np.arange(len(snapshot.teacher_ids)))
    t, c = t[::5], c[::5]
    gap = (snapshot.goals[c] * snapshot.needs.expected_gap[t]).sum(axis=1)
    value = (gap > np.median(gap)).astype(np.float64)
    none = np.full(len(t), np.nan)
    return PairLabels(t, c, value, (4 * value).astype(np.intp), np.ones(len(t)), none, none)


class Doubled:
    """Only a score, as a researcher may write it."""

    def score(self, snapshot, t_idx, c_idx):
        return 2.0 * snapshot.needs.expected_gap[t_idx].sum(axis=1) + c_idx


def by_course(snapshot, t_idx, c_idx):
    return -c_idx.astype(np.float64)


def test_every_kind_of_scorer_is_adapted(snapshot, labels):
    scorers = {
        "logit": make_pipeline(StandardScaler(), LogisticRegression()), "ridge": Ridge(),
        "doubled": Doubled(), "function": by_course, "own": Random(1),
    }  # fmt: skip
    adapted = adapt_estimator(scorers, default_features(), snapshot, labels)
    t, c = labels.t_idx[:50], labels.c_idx[:50]
    scores = {name: prepare(snapshot)(t, c) for name, prepare in adapted.items()}
    assert list(scores) == list(scorers)
    assert all(values.shape == (50,) and np.isfinite(values).all() for values in scores.values())
    np.testing.assert_array_equal(scores["doubled"], Doubled().score(snapshot, t, c))
    np.testing.assert_array_equal(scores["function"], -c)
    np.testing.assert_array_equal(scores["own"], Random(1).prepare(snapshot)(t, c))


@pytest.mark.parametrize(
    "estimator", [make_pipeline(StandardScaler(), LogisticRegression()), Ridge()], ids=["classifier", "regressor"]
)
def test_an_estimator_finds_what_labels_depend_on(snapshot, labels, estimator):
    score = EstimatorAdapter(estimator, default_features()).fit(snapshot, labels).prepare(snapshot)
    values = score(labels.t_idx, labels.c_idx)
    assert values[labels.value == 1].mean() > values[labels.value == 0].mean() + 0.2


def test_missing_features_are_imputed_for_the_estimator(snapshot, labels):
    class Recorder:
        def fit(self, x, y):
            self.fitted = x
            return self

        def predict(self, x):
            self.predicted = x
            return np.zeros(len(x))

    columns = default_features().prepare(snapshot).pairs(labels.t_idx, labels.c_idx)
    assert np.isnan(columns).any()
    imputing, plain = Recorder(), Recorder()
    for recorder, impute in ((imputing, True), (plain, False)):
        adapter = EstimatorAdapter(recorder, default_features(), impute).fit(snapshot, labels)
        adapter.prepare(snapshot)(labels.t_idx[:20], labels.c_idx[:20])
    assert not np.isnan(imputing.fitted).any() and not np.isnan(imputing.predicted).any()
    np.testing.assert_array_equal(np.isnan(plain.fitted), np.isnan(columns))


def test_estimators_need_labels_and_what_cannot_score_is_refused(snapshot, labels):
    assert adapt_estimator({"ridge": Ridge()}, default_features(), snapshot, no_labels()) == {}
    with pytest.raises(UsageError, match="cannot score"):
        adapt_estimator({"number": 3}, default_features(), snapshot, labels)

    class Mute:
        def fit(self, x, y):
            return self

    with pytest.raises(UsageError, match="predict_proba"):
        EstimatorAdapter(Mute(), default_features()).fit(snapshot, labels).prepare(snapshot)
