"""Order, positions and sums of lists, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.lists.top_lists import ScoredPairs, concatenated, first_places, rank_schools, run_positions


def _pairs(unit: list[int], course: list[int], gain: list[float]) -> ScoredPairs:
    n = len(unit)
    ones = np.ones(n, np.intp)
    return ScoredPairs(
        unit=np.array(unit), course=np.array(course), score=np.array(gain), gain_mean=np.array(gain),
        gain_sd=np.full(n, 0.5), course_sd=np.full(n, 0.3), p_complete=np.full(n, 0.8), need_var=np.full(n, 0.04),
        members=ones, personal=ones.astype(bool), unpersonalised=np.zeros(n, bool),
    )  # fmt: skip


def test_best_first_and_equal_scores_by_course() -> None:
    pairs = _pairs([1, 0, 0, 0], [0, 2, 1, 0], [9.0, 1.0, 1.0, 0.5]).ordered()
    assert list(zip(pairs.unit, pairs.course, strict=True)) == [(0, 1), (0, 2), (0, 0), (1, 0)]
    assert pairs.positions().tolist() == [0, 1, 2, 0]
    assert first_places(pairs, 1).course.tolist() == [1, 0]


def test_positions_start_again_with_every_run() -> None:
    assert run_positions(np.array([5, 5, 2, 5])).tolist() == [0, 1, 0, 0]
    assert run_positions(np.array([], np.intp)).tolist() == []


def test_parts_keep_their_order() -> None:
    parts = [_pairs([1], [0], [1.0]), _pairs([0], [1], [2.0])]
    assert concatenated(parts).unit.tolist() == [1, 0]


def test_a_school_takes_its_best_teachers_up_to_the_seats() -> None:
    pairs = _pairs([0, 1, 2, 3], [0, 0, 0, 0], [1.0, 3.0, 2.0, 5.0])
    schools = rank_schools(pairs, np.array([0, 0, 0, 1]), np.array([2.0]))
    first = schools.take(schools.unit == 0)
    assert first.gain_mean.tolist() == [5.0] and first.members.tolist() == [2]
    assert first.p_complete == pytest.approx([0.8])
    own, common = 2 * (0.5**2 - 0.3**2), (2 * 0.3) ** 2
    assert first.gain_sd == pytest.approx([np.sqrt(own + common)])
