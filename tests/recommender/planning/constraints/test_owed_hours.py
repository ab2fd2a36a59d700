"""Hours owed in the objective: only of courses that end in the cycle, and no more than are owed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.owed_by_category import CATEGORIES, OwedByCategory

WORTH = 0.01


def owing(drawn: Any, ends: list[str | None], hours: float = 4.0) -> Any:
    """Everybody owes 6 public hours and 6 of any kind until 31 August; courses of `hours` that end on `ends`."""
    district = drawn.district(3, 4, len(ends), 1.0)
    courses = district.courses.assign(
        hours=hours, category="public", start_date=pd.NaT, end_date=pd.to_datetime(pd.Series(ends))
    )
    tables = dict(district.snapshot.tables) | {"courses": courses}
    district.snapshot.tables = tables
    countable = np.tile([6.0 if name in ("public", "any") else 0.0 for name in CATEGORIES], (4, 1))
    cycle_end = np.where(countable > 0, np.datetime64("2026-08-31"), np.datetime64("NaT"))
    return replace(district, hours=OwedByCategory(countable, cycle_end))


def added(district: Any, courses: list[int]) -> float:
    """What the first teacher's hours in these courses add to the objective."""
    pairs = district.pairs
    chosen = np.array([pairs.find(0, c) for c in courses], np.intp)
    with_hours, without = (
        build_problem(district, Limits.of({"owed_hours_worth": worth} if worth else {}), 1e6)[0] for worth in (WORTH, 0)
    )
    return with_hours.value(chosen) - without.value(chosen)


def test_a_course_that_ends_after_the_cycle_adds_nothing(drawn: Any) -> None:
    district = owing(drawn, ["2026-08-31", "2026-09-01", None])
    assert added(district, [0]) == pytest.approx(4 * WORTH)
    assert added(district, [1]) == pytest.approx(0.0)
    assert added(district, [2]) == pytest.approx(4 * WORTH)


def test_no_more_hours_count_than_are_owed(drawn: Any) -> None:
    district = owing(drawn, ["2026-08-31", "2026-08-30", "2026-09-01"])
    assert added(district, [0, 1]) == pytest.approx(6 * WORTH)
    assert added(district, [0, 2]) == pytest.approx(4 * WORTH)
