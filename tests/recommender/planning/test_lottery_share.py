"""A lottery is suggested where what it teaches is worth more than what it gives up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recommender.planning.lottery_share import SHARES, suggest_lottery_share
from recommender.planning.problem.limits import Limits


@pytest.fixture(scope="module")
def solved(drawn: Any) -> Any:
    return drawn.solve(drawn.district(9, 80, 8), Limits(max_courses_per_teacher=1), 6000.0)


def suggest(solved: Any, sd: float, ratio: float) -> Any:
    needs = solved.district.snapshot.needs
    shape = needs.sd.shape
    needs = type(needs)(**{**vars(needs), "sd": np.full(shape, sd), "reliability": np.full(shape, 0.5)})
    snapshot = type(solved.district.snapshot)(**{**vars(solved.district.snapshot), "needs": needs})
    district = replace(solved.district, snapshot=snapshot, effect_ratio=np.full(8, ratio))
    return suggest_lottery_share(district, solved.problem, solved.plan, 3)


def test_with_few_seats_and_noisy_outcomes_none_is_suggested(solved: Any) -> None:
    suggested = suggest(solved, 3.0, 0.3)
    assert suggested.share == 0.0 and suggested.value == 0.0 and suggested.cost == 0.0


def test_where_outcomes_are_clear_a_share_is_suggested_that_pays(solved: Any) -> None:
    suggested = suggest(solved, 0.01, 1.2)
    assert suggested.share in SHARES and suggested.value > suggested.cost >= 0.0
    assert suggested.people >= 2 and suggested.courses >= 1
    assert suggest(solved, 0.01, 1.2) == suggested


def test_without_measurements_nothing_is_suggested(solved: Any) -> None:
    needs = type(solved.district.snapshot.needs)(
        **{**vars(solved.district.snapshot.needs), "reliability": np.zeros_like(solved.district.snapshot.needs.sd)}
    )
    snapshot = type(solved.district.snapshot)(**{**vars(solved.district.snapshot), "needs": needs})
    assert suggest_lottery_share(replace(solved.district, snapshot=snapshot), solved.problem, solved.plan, 3) is None
