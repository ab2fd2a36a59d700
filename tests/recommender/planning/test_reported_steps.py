"""Steps are no finer than what one person can bring, are the same for every plan, and leave the proven gap as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.problem.limits import Limits
from recommender.planning.reported_steps import ReportedSteps


def steps_of(drawn: Any, district: Any, yuan: float) -> tuple[ReportedSteps, float]:
    """The steps of a plan, and the most that one person brings to it."""
    solved = drawn.solve(district, Limits(max_courses_per_teacher=2), yuan)
    metrics = plan_metrics(district, solved.problem, solved.plan.chosen, solved.plan.opened)
    teacher = solved.problem.pairs.teacher[solved.plan.chosen]
    return (
        ReportedSteps.of(district, solved.problem, solved.plan.chosen, metrics),
        float(np.bincount(teacher, metrics.seat_gain).max()),
    )


def test_steps_are_those_of_the_district_not_of_the_plan(drawn: Any) -> None:
    district = drawn.district(5, 40, 6)
    small, large = steps_of(drawn, district, 1500.0), steps_of(drawn, district, 9000.0)
    assert small[0] == large[0] and small[0].gain >= max(small[1], large[1])
    step = small[0].total(small[0].gain * 50) - small[0].total(small[0].gain * 50 - small[0].gain)
    assert step == 0 or step >= small[0].gain


def test_the_bound_keeps_the_proven_gap() -> None:
    steps = ReportedSteps(gain=0.4, objective=0.4, price=0.02, needs=3.0, needs_met=0.5)
    value, bound = steps.with_bound(7.31, 7.5)
    assert value == 7.5 and (bound - value) / bound == pytest.approx(1 - 7.31 / 7.5, abs=1e-4)
    assert steps.total(7.31) == 7.5 and steps.count(7) == 5 and steps.met(3.2) == 3.0
