"""Sources without other people's enrolments: texts, facts, needs."""

from __future__ import annotations

import numpy as np

from models.candidates.candidate_generation import FitData, query_for
from models.candidates.content_candidates import NeedMatch, Text, fact_similarity
from models.data.enrolment_history import EnrolmentHistory, history_of

N, C = 120, 12


def test_texts_in_both_languages_match_similar_courses(chains):
    history = EnrolmentHistory(np.zeros(1, np.intp), np.array([1]), N, C)
    scores = Text().fit(FitData(chains, history))(query_for(history, np.array([0])))[0]
    assert scores[[3, 5, 7]].min() > scores[[0, 2, 4]].max()


def test_need_match_prefers_courses_for_the_larger_gap_and_facts_those_alike(chains):
    history = history_of(chains)
    query = query_for(history, np.array([0]))
    needs = NeedMatch().fit(FitData(chains, history))(query)[0]
    assert needs[0::2].min() > needs[1::2].max()  # needs are in the first competency alone
    similarity = fact_similarity(chains)
    np.testing.assert_allclose(similarity, similarity.T)
    assert (np.diag(similarity) == 1).all() and similarity[0, 2] > similarity[0, 1]
