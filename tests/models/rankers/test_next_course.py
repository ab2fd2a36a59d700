"""The ranker of next enrolments: finds a chain, keeps other courses below, refuses what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from features.builders.feature_set import FeatureSet, default_features
from models.behaviour.enrolment_model import EnrolmentModel
from models.candidates.collaborative_candidates import PeerPopularity
from models.candidates.sequential_candidates import NextStep
from models.data.leave_last_out import leave_last_out
from models.data.relevance_labels import uptake_labels
from models.data.temporal_split import school_roles
from models.rankers.next_course import NextCourse

FAMILIES = [[PeerPopularity()], [NextStep(), NextStep(decay=0.7)]]


@pytest.fixture(scope="module")
def ranker(chains):
    before, hidden = leave_last_out(chains)
    labels = uptake_labels(before, hidden, np.ones(len(chains.teacher_ids), bool), 0, 1)
    ranker = NextCourse(default_features(), EnrolmentModel(), families=FAMILIES)
    assert ranker.fit_labels(before, labels, school_roles(before.tables["teachers"]["teacher_id"]))
    return ranker, before, labels


def test_hidden_courses_rank_high_among_all_open_ones(ranker):
    fitted, before, labels = ranker
    prepared = fitted.prepare(before)
    hidden = labels.take(labels.value > 0)
    t, c = before.eligibility.pairs(np.unique(hidden.t_idx))
    scores = prepared(t, c)
    own = prepared(hidden.t_idx, hidden.c_idx)
    above = [(scores[t == teacher] > score).mean() for teacher, score in zip(hidden.t_idx, own, strict=True)]
    assert np.mean(above) < 0.25


def test_of_every_family_one_variant_is_selected_and_travels(ranker):
    fitted, before, _ = ranker
    assert [source.name for source in fitted.sources] == ["peers", "next_step"]
    back = NextCourse(default_features(), EnrolmentModel()).load(fitted.to_texts(), fitted.scale_json())
    assert back.sources == fitted.sources and back.ordered
    t, c = before.eligibility.pairs(np.arange(10))
    np.testing.assert_allclose(back.prepare(before)(t, c), fitted.prepare(before)(t, c), rtol=1e-12)


def test_corrected_is_a_rising_function_of_the_score(ranker):
    fitted, before, _ = ranker
    prepared = fitted.prepare(before)
    t, c = before.eligibility.pairs(np.arange(10))
    order = np.argsort(prepared(t, c), kind="stable")
    assert (np.diff(prepared.corrected(t, c, np.zeros(len(t)))[order]) >= 0).all()


def test_too_few_labels_and_other_features_are_refused(ranker, chains):
    fitted, before, labels = ranker
    new = NextCourse(default_features(), EnrolmentModel(), families=FAMILIES)
    roles = school_roles(before.tables["teachers"]["teacher_id"])
    assert not new.fit_labels(before, labels.take(np.arange(len(labels)) < 10), roles)
    with pytest.raises(ValueError, match="not fitted"):
        new.prepare(chains)
    other = NextCourse(FeatureSet(default_features().builders[:-1]), EnrolmentModel())
    with pytest.raises(ValueError, match="other features"):
        other.load(fitted.to_texts(), fitted.scale_json())
