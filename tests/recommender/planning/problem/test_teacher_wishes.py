"""Wishes, refusals and the switch in a planning problem, on drawn districts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.teacher_wishes import AverageGains, with_wishes, without_personal_gains


@pytest.fixture
def district(drawn: Any) -> District:
    result: District = drawn.district(4, 40, 8)
    return result


def _ids(district: District, place: int) -> tuple[str, str]:
    pairs = district.pairs
    return str(district.teacher_ids[pairs.teacher[place]]), str(district.course_ids[pairs.course[place]])


def test_a_wish_counts_a_stated_share_more_and_changes_no_gain(district: District) -> None:
    plain = build_problem(district, Limits(), 1e9)[0].pairs
    places = np.flatnonzero(plain.objective_coef > 0)[:3]
    ids = [_ids(district, int(place)) for place in places]
    wished = with_wishes(district, (), [*ids, ("nobody", ids[0][1]), (ids[0][0], "nothing")])
    pairs = build_problem(wished, Limits(), 1e9)[0].pairs
    ratio = pairs.objective_coef[places] / plain.objective_coef[places]
    np.testing.assert_allclose(ratio, 1.1, rtol=1e-6)
    np.testing.assert_array_equal(np.delete(pairs.objective_coef, places), np.delete(plain.objective_coef, places))
    np.testing.assert_array_equal(pairs.gain, plain.gain)
    none = build_problem(wished, Limits(wish_weight=0.0), 1e9)[0].pairs
    np.testing.assert_array_equal(none.objective_coef, plain.objective_coef)


def test_a_closed_pair_counts_as_refused(district: District) -> None:
    changed = with_wishes(district, [_ids(district, 0), _ids(district, 5)], ())
    assert changed.refused[[0, 5]].all() and changed.refused.sum() >= district.refused.sum()
    assert build_problem(changed, Limits(), 1.0)[0].forbidden[[0, 5]].all()
    assert not build_problem(changed, Limits(keep_refusals=False), 1.0)[0].forbidden[[0, 5]].any()


def test_without_personalisation_her_pairs_have_the_courses_averages(district: District) -> None:
    courses = len(district.course_ids)
    averages = AverageGains(np.linspace(0.1, 0.8, courses), np.full(courses, 0.05))
    teacher = int(district.pairs.teacher[0])
    changed = without_personal_gains(district, {str(district.teacher_ids[teacher]), "nobody"}, averages)
    hers = district.pairs.teacher == teacher
    np.testing.assert_allclose(changed.pairs.gain[hers], averages.gain[district.pairs.course[hers]], rtol=1e-6)
    np.testing.assert_allclose(changed.pairs.doubt[hers], 0.05, rtol=1e-6)
    np.testing.assert_array_equal(changed.pairs.gain[~hers], district.pairs.gain[~hers])
    np.testing.assert_allclose(changed.pairs.share.sum(axis=1), 1.0, rtol=1e-5)
    leaves = district.pairs.cells // len(district.people)
    assert (changed.pairs.cell[hers] // leaves == teacher).all()


def test_nothing_of_her_own_is_left(district: District) -> None:
    """Two people with other gains become alike."""
    averages = AverageGains(np.full(len(district.course_ids), 0.2), np.full(len(district.course_ids), 0.05))
    everybody = without_personal_gains(district, set(map(str, district.teacher_ids)), averages).pairs
    leaves = everybody.cells // len(district.people)
    for course in range(len(district.course_ids)):
        rows = np.flatnonzero(everybody.course == course)
        for name in ("gain", "sd", "doubt", "objective_coef"):
            assert len(np.unique(getattr(everybody, name)[rows])) <= 1
        assert len(np.unique(everybody.cell[rows] % leaves, axis=0)) <= 1
        assert len(np.unique(everybody.share[rows], axis=0)) <= 1
