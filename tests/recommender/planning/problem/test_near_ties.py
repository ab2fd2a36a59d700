"""Near-ties: groups of ten of one course, totals kept, lots that depend on key, year and person alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.problem.near_ties import NearTies, person_lots
from recommender.planning.problem.near_ties import drawn as with_lots


def test_every_gain_is_the_mean_over_ten_or_more_and_totals_stay(drawn: Any) -> None:
    district = drawn.district(4, 70, 5)
    after, pairs = with_lots(district, b"k"), district.pairs
    group = NearTies.of(pairs.course, pairs.teacher, pairs.gain.astype(float)).group
    assert np.bincount(group).min() >= 10
    assert all(len(np.unique(pairs.course[group == g])) == 1 for g in np.unique(group))
    for course in range(5):
        mask = pairs.course == course
        assert after.pairs.gain[mask].sum() == pytest.approx(pairs.gain[mask].sum(), rel=1e-3)
        assert len(np.unique(np.round(after.pairs.gain[mask], 3))) < mask.sum() / 5
    assert after.estimated_gain is pairs.gain


def test_a_lot_is_of_a_person_a_year_and_a_key() -> None:
    ids = np.array([f"T{i}" for i in range(4000)], dtype=object)
    lots = person_lots(ids, b"k", "2026")
    assert abs(lots.mean()) < 0.05 and lots.std() == pytest.approx(1.0, abs=0.05)
    np.testing.assert_array_equal(person_lots(ids[::-1], b"k", "2026")[::-1], lots)
    for other in (person_lots(ids, b"k", "2027"), person_lots(ids, b"l", "2026")):
        assert abs(np.corrcoef(lots, other)[0, 1]) < 0.06
