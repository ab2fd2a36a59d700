"""Only a whole interval above 0 passes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.messages import message
from features.snapshot import take_snapshot
from models.evaluation.list_metrics import ListMetrics, center_by_teacher
from models.evaluation.promotion_gate import decide, without_ranker
from recommender.text import in_both

SCHOOLS = np.repeat([f"S{i}" for i in range(25)], 4)


def lists(*schools, kind="school"):
    """Lists of these clusters."""
    names = np.array(schools, dtype=object)
    return ListMetrics("observed", {}, names, units=names if kind == "teacher" else None, unit_kind=kind)


@pytest.mark.parametrize(("lift", "passes"), [(0.1, True), (0.0, False), (-0.1, False)])
def test_the_gate(lift, passes):
    rng = np.random.default_rng(0)
    rival = rng.random(100) * 0.5
    result = decide("gain", rival + lift + rng.normal(0, 0.1, 100), rival, lists(*SCHOOLS), seed=0)
    assert result.promoted is passes and result.ranked_by == ("ranker" if passes else "need_rule")
    zh, en = in_both(result.reason)
    assert "NDCG@10" in zh and "NDCG@10" in en and "需求规则" in zh and result.rival == "need_rule"
    assert result.reason.values["difference"] == pytest.approx(result.difference.value)


def test_a_lucky_average_in_few_schools_does_not_pass():
    ours, rival = np.array([0.9, 0.2, 0.8]), np.array([0.1, 0.3, 0.1])
    assert not decide("gain", ours, rival, lists("A", "B", "C"), seed=0).promoted
    sure = np.array([0.5, 0.51, 0.52, 0.5]) - np.array([0.1, 0.1, 0.1, 0.1])
    assert not decide("gain", sure, np.zeros(4), lists(*"ABCD"), seed=0).promoted
    assert not decide("gain", ours[:1], rival[:1], lists("A"), seed=0).promoted


@pytest.mark.parametrize(
    ("kind", "clusters", "zh", "en"),
    [("school", 25, "25 所未见学校", "25 schools it never saw"), ("teacher", 25, "25 位未见教师", "25 teachers it never saw"),
     ("school", 1, "只有1 所未见学校", "Only 1 school it never saw to judge by"),
     ("teacher", 3, "只有3 位未见教师", "Only 3 teachers it never saw to judge by")],
)  # fmt: skip
def test_the_reason_names_what_was_there_to_judge_by(kind, clusters, zh, en):
    names = [f"U{i}" for i in range(clusters)]
    for lift in (0.0, 0.1):
        rival = np.linspace(0.3, 0.5, clusters)
        reason = decide("uptake", rival + lift, rival, lists(*names, kind=kind), seed=0).reason
        said = in_both(reason)
        assert zh in said.zh and en in said.en and "nan" not in said.en


def test_lists_without_a_value_are_no_judgement():
    nothing = np.full(3, np.nan)
    result = decide("gain", nothing, nothing, lists("A", "B", "C"), seed=0)
    assert result.difference is None and "nan" not in in_both(result.reason).en


def test_without_evidence_the_rival_is_popularity_and_the_fallback_take_up():
    same = np.full(100, 0.5)
    result = decide("uptake", same, same, lists(*SCHOOLS), seed=0)
    assert result.rival == "popularity" and result.ranked_by == "uptake"
    cold = without_ranker("gain", message("models.gate_few_enrolments"))
    assert cold.ranked_by == "need_rule" and cold.difference is None
    assert in_both(cold.reason) == (
        "选课记录太少，未训练排序模型，按需求规则及预测的完成率排序。",
        "Too few enrolments to train a ranker; courses are ranked by the need rule and the predicted completion.",
    )


def test_what_is_said_of_a_teacher_alone_is_no_merit_of_a_course(district, planted):
    snapshot = take_snapshot(district, planted(district, date(2026, 6, 30)))
    t, c = np.nonzero(snapshot.eligibility.block(np.arange(60)))
    person = center_by_teacher(lambda s: lambda t, c: t * 3.0, seed=1)(snapshot)(t, c)
    np.testing.assert_allclose(person, 0.0, atol=1e-9)
    both = center_by_teacher(lambda s: lambda t, c: t * 3.0 + np.sin(c), seed=1)(snapshot)(t, c)
    alone = center_by_teacher(lambda s: lambda t, c: np.sin(c), seed=1)(snapshot)(t, c)
    np.testing.assert_allclose(both, alone, atol=1e-9)
    first = t == t[0]
    np.testing.assert_allclose(np.diff(both[first]), np.diff(np.sin(c[first])), atol=1e-9)
