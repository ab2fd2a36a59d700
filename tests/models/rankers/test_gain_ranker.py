"""The correction of a base: order, level, directions, and what is refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.builders.feature_set import FeatureSet, default_features
from features.snapshot import take_snapshot
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import school_roles
from models.effects.need_rule import NeedRule
from models.rankers.gain_ranker import GainRanker, log_gain, logit

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot(district, planted):
    return take_snapshot(district, planted(district, AS_OF))


def _base(snapshot):
    rule = NeedRule().prepare(snapshot)
    return lambda t, c: log_gain(rule(t, c))


@pytest.fixture(scope="module")
def labels(snapshot):
    """Grades by hours of the course: something that the base does not order by."""
    t, c = snapshot.eligibility.pairs(np.arange(len(snapshot.teacher_ids)))
    t, c = t[::3], c[::3]
    hours = snapshot.tables["courses"]["hours"].to_numpy()[c]
    grade = np.searchsorted(np.quantile(hours, [0.2, 0.4, 0.6, 0.8]), hours).astype(np.intp)
    none = np.full(len(t), np.nan)
    return PairLabels(t, c, hours, grade, np.ones(len(t)), none, none)


@pytest.fixture(scope="module")
def ranker(snapshot, labels):
    ranker = GainRanker(_base, default_features(), "uptake")
    assert ranker.fit_labels(snapshot, labels, school_roles(snapshot.tables["teachers"]["teacher_id"]))
    return ranker


def test_it_learns_what_the_base_does_not_order_by(snapshot, labels, ranker):
    prepared = ranker.prepare(snapshot)
    scores, base = prepared(labels.t_idx, labels.c_idx), _base(snapshot)(labels.t_idx, labels.c_idx)
    assert np.corrcoef(scores, labels.value)[0, 1] > np.corrcoef(base, labels.value)[0, 1] + 0.1


def test_the_corrected_base_orders_as_the_score(snapshot, labels, ranker):
    prepared = ranker.prepare(snapshot)
    t, c = labels.t_idx[:500], labels.c_idx[:500]
    base = _base(snapshot)(t, c)
    corrected = prepared.corrected(t, c, base)
    order = np.argsort(prepared(t, c), kind="stable")
    assert (np.diff(corrected[order]) > -1e-9).all() and not np.allclose(corrected, base)


def test_directions_are_those_of_the_columns(monkeypatch, snapshot, labels):
    passed = {}

    def boost(fitting, stopping, names, monotone, seed, threads):
        passed.update(zip(names, monotone, strict=True))
        raise InterruptedError

    monkeypatch.setattr("models.rankers.gain_ranker.boost", boost)
    with pytest.raises(InterruptedError):
        GainRanker(_base, default_features(), "uptake").fit_labels(
            snapshot, labels, school_roles(snapshot.tables["teachers"]["teacher_id"])
        )
    constrained = {name: direction for name, direction in passed.items() if direction}
    assert constrained == {
        "expected_gap_mean_by_goals": 1, "expected_gap_max_by_goals": 1, "p_need_mean_by_goals": 1,
        "readiness_mean_by_goals": 1, "overlap_by_goals_3y": -1, "base": 1,
    }  # fmt: skip


def test_too_few_labels_fit_nothing_and_an_unfitted_ranker_is_refused(snapshot, labels):
    ranker = GainRanker(_base, default_features(), "uptake")
    roles = school_roles(snapshot.tables["teachers"]["teacher_id"])
    assert not ranker.fit_labels(snapshot, labels.take(np.arange(len(labels)) < 20), roles)
    with pytest.raises(ValueError, match="not fitted"):
        ranker.prepare(snapshot)
    with pytest.raises(ValueError, match="not fitted"):
        ranker.to_texts()


def test_other_features_are_refused(ranker):
    other = GainRanker(_base, FeatureSet(default_features().builders[:-1]), "uptake")
    with pytest.raises(ValueError, match="other features"):
        other.load(ranker.to_texts(), ranker.scale_json())


def test_bases_are_finite_at_their_ends():
    assert np.isfinite(log_gain(np.array([0.0, 1.0]))).all()
    np.testing.assert_allclose(logit(np.array([0.5, 1 / (1 + np.exp(-2.0))])), [0.0, 2.0])
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
