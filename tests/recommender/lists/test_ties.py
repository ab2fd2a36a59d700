"""Neighbours are tied within one standard deviation of the difference of their gains."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recommender.lists.ties import overlap, tied_with_previous
from recommender.lists.top_lists import ScoredPairs

GOALS = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])


def _list(courses: list[int], gains: list[float], sd: float, need_var: float) -> ScoredPairs:
    n = len(courses)
    zeros, ones = np.zeros(n), np.ones(n, np.intp)
    gain = np.array(gains)
    return ScoredPairs(
        unit=np.zeros(n, np.intp), course=np.array(courses), score=gain, gain_mean=gain, gain_sd=np.full(n, sd),
        course_sd=zeros, p_complete=zeros, need_var=np.full(n, need_var), members=ones, personal=ones.astype(bool),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("second", "gap", "tied"),
    [
        (2, 0.14, True),  # other goals: sd of the difference is 0.1 sqrt(2) = 0.141
        (2, 0.15, False),
        (1, 0.09, False),  # the same goals: sqrt(2 (0.01 - 0.008)) = 0.063
        (1, 0.06, True),
    ],
)
def test_shared_needs_cancel_from_the_difference(second: int, gap: float, tied: bool) -> None:
    rows = _list([0, second], [1.0, 1.0 - gap], 0.1, 0.008)
    assert tied_with_previous(SimpleNamespace(goals=GOALS), rows).tolist() == [False, tied]


def test_the_first_of_each_list_is_never_tied() -> None:
    rows = _list([0, 1, 2], [1.0, 1.0, 1.0], 0.1, 0.0)
    assert tied_with_previous(SimpleNamespace(goals=GOALS), rows).tolist() == [False, True, True]
    assert tied_with_previous(SimpleNamespace(goals=GOALS), rows.take(np.array([], np.intp))).tolist() == []


def test_overlap_is_the_cosine_of_goals() -> None:
    one, other = np.array([0, 0, 0]), np.array([1, 2, 3])
    np.testing.assert_allclose(overlap(SimpleNamespace(goals=GOALS), one, other), [1.0, 0.0, 0.0])
