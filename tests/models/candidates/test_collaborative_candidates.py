"""Sources without order: peers, item weights, nearest teachers."""

from __future__ import annotations

import numpy as np

from models.candidates.candidate_generation import FitData, query_for
from models.candidates.collaborative_candidates import Ease, Neighbours, PeerPopularity
from models.data.enrolment_history import EnrolmentHistory, history_of

N, C = 120, 12


def test_peers_score_what_is_taken_most(chains):
    history = history_of(chains)
    rate = PeerPopularity().fit(FitData(chains, history))(query_for(history, np.array([0])))[0]
    assert rate.argmax() == np.bincount(history.c).argmax()


def test_ease_prefers_courses_of_the_same_chain_and_never_the_course_itself(chains):
    history = history_of(chains)
    one = EnrolmentHistory(np.zeros(1, np.intp), np.array([4]), N, C)
    scores = Ease(l2=5.0).fit(FitData(chains, history))(query_for(one, np.array([0])))[0]
    assert scores[4] == 0.0 and scores[[2, 6]].min() > scores[[3, 5, 7]].max()


def test_nearest_teachers_bring_courses_of_their_chain_and_a_teacher_is_not_her_own_neighbour(chains):
    history = history_of(chains)
    fitted = Neighbours(nearest=20).fit(FitData(chains, history))
    scores = fitted(query_for(history, np.array([0])))[0]  # an even teacher
    assert scores[0::2].sum() > scores[1::2].sum()
    lonely = EnrolmentHistory(np.array([0, 0]), np.array([4, 6]), N, C)
    assert not Neighbours().fit(FitData(chains, lonely))(query_for(lonely, np.array([0]))).any()
