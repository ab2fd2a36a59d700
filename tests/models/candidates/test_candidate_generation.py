"""Every source: finite scores of the right shape, the same for the same history."""

from __future__ import annotations

import numpy as np
import pytest

from models.candidates.candidate_generation import FitData, first_candidates, list_positions, query_for
from models.data.enrolment_history import EnrolmentHistory, history_of
from models.rankers.candidate_families import FAMILIES

N, C = 120, 12
SOURCES = [variant for family in FAMILIES for variant in family]
IDS = [f"{s.name}-{i}" for f in FAMILIES for i, s in enumerate(f)]  # the same in every run


@pytest.mark.parametrize("source", SOURCES, ids=IDS)
def test_every_source_scores_every_course_whoever_else_is_queried(chains, source):
    history = history_of(chains)
    fitted = source.fit(FitData(chains, history))
    teachers, one = np.array([3, 50, 7]), np.array([50])
    scores = fitted(query_for(history, teachers))
    assert scores.shape == (3, C) and scores.dtype == np.float32 and np.isfinite(scores).all()
    np.testing.assert_allclose(fitted(query_for(history, one))[0], scores[1], rtol=1e-5, atol=1e-7)
    new = EnrolmentHistory(np.zeros(0, np.intp), np.zeros(0, np.intp), N, C)
    assert np.isfinite(fitted(query_for(new, teachers))).all()
    unfitted = source.fit(FitData(chains, new))
    assert np.isfinite(unfitted(query_for(new, teachers))).all()


def test_positions_and_candidates_keep_to_open_courses():
    scores = np.array([[3, 2, 2, 1]], np.float32)
    open_to = np.array([[False, True, True, True]])
    positions = {"one": list_positions(scores, open_to)}
    assert positions["one"][0].tolist() == [3, 0, 1, 2]
    assert first_candidates(positions, ["one"], open_to, 2)[0].tolist() == [False, True, True, False]
