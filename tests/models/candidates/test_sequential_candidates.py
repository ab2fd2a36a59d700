"""Sources of order prefer what comes after a teacher's courses."""

from __future__ import annotations

import numpy as np
import pytest

from models.candidates.candidate_generation import FitData, query_for
from models.candidates.collaborative_candidates import Neighbours
from models.candidates.sequential_candidates import Backward, Directed, UsualOrder
from models.data.enrolment_history import EnrolmentHistory, history_of

N, C = 120, 12


@pytest.mark.parametrize("source", [Directed(), UsualOrder(), Neighbours(ordered=True)], ids=lambda s: s.name)
def test_sources_of_order_prefer_what_comes_after(chains, source):
    history = history_of(chains)
    after = EnrolmentHistory(np.zeros(2, np.intp), np.array([4, 6]), N, C)
    scores = source.fit(FitData(chains, history))(query_for(after, np.array([0])))[0]
    assert scores[8] > scores[2]


def test_backward_scores_what_usually_comes_before(chains):
    history = history_of(chains)
    after = EnrolmentHistory(np.zeros(2, np.intp), np.array([4, 6]), N, C)
    scores = Backward().fit(FitData(chains, history))(query_for(after, np.array([0])))[0]
    assert scores[2] > 0 and scores[2] > scores[8]
