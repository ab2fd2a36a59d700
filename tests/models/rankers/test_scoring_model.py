"""Which number orders a list, by objective and ranker."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from features.snapshot import take_snapshot
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.effects.need_rule import NeedRule
from models.rankers.pair_scores import NEAR_TIE
from models.rankers.scoring_model import ScoringModel

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def snapshot(district, planted):
    return take_snapshot(district, planted(district, AS_OF))


@pytest.fixture(scope="module")
def pairs(snapshot):
    return snapshot.eligibility.pairs(np.arange(40))


class Shift:
    """A ranker that adds one to every base."""

    trees = ()

    def prepare(self, snapshot):
        return self

    def corrected(self, t_idx, c_idx, base):
        return base + 1.0


def _model(objective, ranked_by, ranker=None):
    return ScoringModel(objective, ranked_by, NeedRule(), CompletionModel(), EnrolmentModel(), ranker)


def test_with_evidence_gain_orders_up_to_near_ties(snapshot, pairs):
    scores = _model("gain", "need_rule").prepare(snapshot)(*pairs)
    gain = scores.gain_mean[np.argsort(-scores.score, kind="stable")]
    assert (gain[1:] <= gain[:-1] * (1 + NEAR_TIE + 1e-3) + 2e-6).all()
    assert (scores.gain_course_sd <= scores.gain_sd).all() and scores.gain_course_sd.max() > 0


def test_without_evidence_the_enrolment_probability_orders(snapshot, pairs):
    scores = _model("uptake", "uptake").prepare(snapshot)(*pairs)
    np.testing.assert_array_equal(scores.score, scores.p_enrol)


def test_a_ranker_counts_only_where_it_is_promoted(snapshot, pairs):
    plain = _model("gain", "need_rule").prepare(snapshot)(*pairs)
    unused = _model("gain", "need_rule", Shift()).prepare(snapshot)(*pairs)
    np.testing.assert_array_equal(plain.score, unused.score)
    promoted = replace(_model("gain", "need_rule", Shift()), ranked_by="ranker").prepare(snapshot)(*pairs)
    large = plain.gain_mean > 1e-3
    for name in ("gain_mean", "gain_sd", "gain_course_sd"):  # all three on one scale
        ratio = getattr(promoted, name)[large] / getattr(plain, name)[large]
        np.testing.assert_allclose(ratio, np.e, rtol=1e-9)


def test_a_promoted_ranker_of_enrolments_replaces_their_probability(snapshot, pairs):
    plain = _model("uptake", "uptake").prepare(snapshot)(*pairs)
    ranked = _model("uptake", "ranker", Shift()).prepare(snapshot)(*pairs)
    odds = plain.p_enrol / (1 - plain.p_enrol)
    np.testing.assert_allclose(ranked.p_enrol / (1 - ranked.p_enrol), np.e * odds, rtol=1e-6)
    np.testing.assert_array_equal(ranked.gain_mean, plain.gain_mean)
