"""A plan's report: it agrees with the plan, is silent about few people, and is there where there is no plan."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.planning.marginal_value import marginal_value, step_of
from recommender.planning.plan_report import report_of
from recommender.planning.problem.limits import Limits


@pytest.fixture(scope="module")
def solved(drawn: Any) -> Any:
    return drawn.solve(drawn.district(8, 60, 8), Limits(max_courses_per_teacher=2, lottery_share=0.3), 9000.0)


def test_it_agrees_with_the_plan(solved: Any, drawn: Any) -> None:
    steps: list[float] = []
    report = report_of(solved, "P", "tables", 2, progress=lambda what, share: steps.append(share))
    assert steps == sorted(steps) and report.draws == 2
    pairs, opened = drawn.ids(solved.district, solved.plan)
    assert sorted(report.assignments) == sorted(pairs) and {line.course_id for line in report.lines} == set(opened)
    assert sum(line.seats for line in report.lines) == report.seats == sum(n for *_, n in report.school_seats)
    assert sum(line.cost for line in report.lines) == pytest.approx(report.cost) and report.cost <= report.budget
    assert report.expected_low <= report.expected_high and report.expected_gain > 0
    assert 0 < sum(won for *_, won in report.lottery) <= round(0.3 * report.seats)
    assert report.prices[0].limit == "budget" and report.frontier and report.equity and not report.conflicts
    published = [line.expected_gain for line in report.lines]
    assert any(gain is None for gain in published)
    withheld = sum(line.seats for line in report.lines if line.expected_gain is None)
    assert withheld >= 10


def test_stopped_at_once_it_has_the_plan_and_nothing_that_needs_solving(solved: Any) -> None:
    report = report_of(solved, "P", "tables", 3, stopped=lambda: True)
    assert report.seats and not report.draws and report.marginal_value is None and not report.equity
    assert len(report.frontier) == 1 and report.expected_low is None


def test_about_few_people_no_gain_is_said(drawn: Any) -> None:
    report = report_of(drawn.solve(drawn.district(2, 8, 4), Limits(), 3000.0), "P", "tables", 0)
    assert 0 < report.teachers < 10
    for value in (report.expected_gain, report.objective, report.bound, report.expected_gain_sd, report.marginal_value):
        assert value is None
    assert not report.prices and not report.frontier and all(line.expected_gain is None for line in report.lines)


def test_without_a_plan_it_says_why(drawn: Any) -> None:
    limits = Limits(floor_share_per_school=1.0)
    report = report_of(drawn.solve(drawn.district(8, 40, 8), limits, 10.0), "P", "tables", 2)
    assert report.status == "infeasible" and report.conflicts and not report.lines and report.seats == 0


def test_more_money_is_worth_no_less(drawn: Any) -> None:
    solved = drawn.solve(drawn.district(8, 60, 8), Limits(), 3000.0)
    more = marginal_value(solved)
    assert more is not None and more.yuan == step_of(3000.0) and more.gain >= 0 and more.seats >= 0
    assert step_of(5_000_000.0) == 100_000.0 and step_of(0.0) == 100.0
