"""Drawing lots: near-ties only, propensities as drawn, limits kept, nobody in two drawings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.checker import violations
from recommender.planning.lottery import draw_lottery
from recommender.planning.problem.limits import Limits


@pytest.fixture(scope="module")
def solved(drawn: Any) -> Any:
    return drawn.solve(drawn.district(9, 80, 8), Limits(max_courses_per_teacher=1), 6000.0)


@pytest.mark.parametrize("seed", range(4))
def test_each_drawing_gives_its_seats_with_the_stated_propensity(seed: int, solved: Any, drawn: Any) -> None:
    draw = draw_lottery(solved.problem, solved.plan, 0.5, seed)
    pairs = solved.problem.pairs
    assert len(draw.pair) and len(np.unique(pairs.teacher[draw.pair])) == len(draw.pair)
    for group in np.unique(draw.group):
        mask = draw.group == group
        assert draw.propensity[mask] == pytest.approx(draw.won[mask].mean())
        assert len(np.unique(pairs.course[draw.pair[mask]])) == 1
        assert len(np.unique(solved.district.school[pairs.teacher[draw.pair[mask]]])) <= len(solved.district.school_ids)
    assert set(draw.pair[draw.won]) <= set(draw.plan.chosen.tolist())
    assert not set(draw.pair[~draw.won]) & set(draw.plan.chosen.tolist())
    assert len(draw.plan.chosen) == len(solved.plan.chosen)
    assert not violations(solved.district, solved.limits, solved.yuan, *drawn.ids(solved.district, draw.plan))
    again = draw_lottery(solved.problem, solved.plan, 0.5, seed)
    assert again.plan.chosen.tolist() == draw.plan.chosen.tolist()


def test_without_a_share_nothing_is_drawn(solved: Any) -> None:
    draw = draw_lottery(solved.problem, solved.plan, 0.0, 1)
    assert draw.plan is solved.plan and not len(draw.pair)
