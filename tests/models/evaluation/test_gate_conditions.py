"""A ranker of gains needs every condition, and the reason is the first that fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.data.study import fit, open_study
from models.evaluation.gate_conditions import gate_decision
from models.evaluation.list_metrics import ListMetrics
from models.evaluation.lottery_contrast import MIN_COURSES, MIN_ESS
from models.rankers.baselines import Random
from recommender.text import in_both

NAMES = ["labels", "served", "courses", "lottery"]


@pytest.fixture(scope="module")
def judged(district, planted):
    study = open_study(district, planted, district.latest_evidence(), seed=0)
    model = fit(study, study.roles, study.before, with_ranker=False)
    return study, replace(model, ranker=Random(seed=1)), study.labels(study.roles.test, negatives=1)


def on_labels(advantage):
    """NDCG@10 of forty lists in twenty schools: the ranker's is higher by `advantage`."""
    rng = np.random.default_rng(0)
    rule = rng.random(40) * 0.3
    values = {"ranker": rule + advantage + rng.normal(0, 0.01, 40), "need_rule": rule, "served": rule}
    return ListMetrics("observed", {"ndcg@10": values}, np.repeat([f"S{i}" for i in range(20)], 2))


def test_a_clear_win_on_labels_is_not_enough_without_a_lottery(judged):
    study, model, labels = judged
    decision = gate_decision(study, model, on_labels(0.5), labels)
    by_name = {condition.name: condition for condition in decision.conditions}
    assert list(by_name) == NAMES and by_name["labels"].holds and by_name["served"].holds
    assert not by_name["lottery"].holds and not decision.promoted and decision.ranked_by == "need_rule"
    assert by_name["lottery"].finding.values["fewest"] == MIN_ESS
    assert by_name["lottery"].finding.values["fewest_courses"] == MIN_COURSES
    zh, en = in_both(by_name["lottery"].finding)
    assert "抽签" in zh and "lottery" in en


def test_the_first_condition_that_fails_is_the_reason(judged):
    study, model, labels = judged
    decision = gate_decision(study, model, on_labels(-0.2), labels)
    assert [c.name for c in decision.conditions] == NAMES and not decision.conditions[0].holds
    assert decision.reason.code == "models.gate_not_proven" and decision.difference.value < -0.1
    assert not gate_decision(study, model, None, labels).conditions
