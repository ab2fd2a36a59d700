"""Metrics of many scorers on the same lists, against simple constructions."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.snapshot import take_snapshot
from models.data.relevance_labels import PairLabels
from models.evaluation.list_metrics import (
    ListMetrics,
    enrolment_metrics,
    outcome_metrics,
    pooled,
    truth_metrics,
)


@pytest.fixture(scope="module")
def snapshot(district, planted):
    return take_snapshot(district, planted(district, date(2026, 6, 30)))


class Gains:
    """A known truth: the gain of a course is its place in the catalogue."""

    def gain(self, teacher_ids, course_ids):
        return np.tile(np.arange(len(course_ids), dtype=float), (len(teacher_ids), 1))


SCORERS = {
    "best": lambda _: lambda t, c: c.astype(float),
    "worst": lambda _: lambda t, c: -c.astype(float),
}


def test_the_order_of_the_truth_has_all_of_the_oracles_gain(snapshot):
    teachers = np.arange(40)
    metrics = truth_metrics(SCORERS, snapshot, teachers, Gains())
    for metric in ("ndcg@10", "oracle_share@1", "oracle_share@3", "oracle_share@10"):
        best, worst = metrics.values[metric]["best"], metrics.values[metric]["worst"]
        np.testing.assert_allclose(best[~np.isnan(best)], 1.0)
        assert np.nanmean(worst) < 0.9
    assert len(metrics.schools) == len(metrics.teachers) == 40


def _labels(snapshot, teachers):
    t, c = snapshot.eligibility.pairs(teachers)
    grade = (c % 5).astype(np.intp)
    ones = np.ones(len(t))
    return PairLabels(t, c, (grade == 4).astype(float), grade, ones, ones, ones)


def test_outcomes_are_lists_of_schools_and_enrolments_lists_of_teachers(snapshot):
    labels = _labels(snapshot, np.arange(60))
    scorers = {"label": lambda _: lambda t, c: (c % 5).astype(float), "worst": SCORERS["worst"]}
    outcome = outcome_metrics(scorers, snapshot, labels)
    assert len(outcome.schools) == len(np.unique(snapshot.school_of[:60])) and outcome.teachers is None
    np.testing.assert_allclose(outcome.values["ndcg@10"]["label"], 1.0)
    units = np.array([f"unit {i}" for i in range(len(snapshot.teacher_ids))], dtype=object)
    enrolment = enrolment_metrics(scorers, snapshot, labels, units, "teacher")
    assert enrolment.clusters.tolist() == units[np.unique(labels.t_idx)].tolist()
    row = enrolment.rows("worst", seed=0)[0]
    assert (row.clusters, row.cluster_kind) == (row.lists, "teacher") and row.schools == len(outcome.schools)
    np.testing.assert_allclose(np.nanmin(enrolment.values["hit_rate@10"]["label"]), 1.0)


def test_rows_have_paired_differences_and_json_has_no_nan():
    values = {"ndcg@10": {"a": np.full(40, 0.6), "b": np.full(40, 0.5)}}
    metrics = ListMetrics("observed", values, np.repeat([f"S{i}" for i in range(10)], 4).astype(object))
    row = next(r for r in metrics.rows("b", seed=0) if r.scorer == "a")
    assert row.difference == pytest.approx(0.1) and row.lists == 40 and row.schools == row.clusters == 10
    few = metrics.take(np.arange(40) < 4).rows("b", seed=0)[0].as_json()
    assert few["low"] is None and few["value"] == pytest.approx(0.6)


def test_pooled_districts_keep_their_schools_apart():
    part = ListMetrics("truth", {"m": {"a": np.ones(3)}}, np.array(["S1", "S1", "S2"], dtype=object))
    both = pooled([part, part])
    assert len(both.values["m"]["a"]) == 6 and len(set(both.schools)) == len(set(both.clusters)) == 4
