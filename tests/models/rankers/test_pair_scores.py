"""One score orders a list: gain first, enrolment probability among near-ties."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.rankers.pair_scores import NEAR_TIE, list_score

gains = st.floats(0, 3, allow_subnormal=False)
shares = st.floats(0, 1)


@given(gains, shares, gains, shares)
def test_clearly_more_gain_always_comes_first(a, p, b, q):
    low, high = sorted([a, b])
    if high > low * (1 + NEAR_TIE) ** 1.001 and high > 2e-6:
        score = list_score(np.array([low, high]), np.array([p, q]))
        assert score[1] > score[0]


@given(gains, shares)
def test_the_score_stays_near_the_gain(gain, p):
    score = list_score(np.array([gain]), np.array([p]))[0]
    assert abs(score - gain) <= NEAR_TIE * gain + 1e-6


def test_the_enrolment_probability_decides_near_ties_and_where_there_is_no_gain():
    score = list_score(np.array([0.2, 0.2, 0.0, 0.0]), np.array([0.1, 0.9, 0.1, 0.9]))
    assert score[1] > score[0] > score[3] > score[2]
