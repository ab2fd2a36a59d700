"""From limits to a problem: decisions by hand, weights of the objective, one block a constraint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.planning.problem.formulation import build_problem, with_budget
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.plan_problem import FREE, OPEN, SHUT


@pytest.fixture
def district(drawn: Any) -> Any:
    return drawn.district(3, 20, 6, 1.0)


def test_fixed_goes_before_refused_and_forbidden_course_before_all(district: Any) -> None:
    pairs = district.pairs
    refused = int(np.flatnonzero(district.refused)[0])
    teacher, course = str(district.teacher_ids[pairs.teacher[refused]]), str(district.course_ids[pairs.course[refused]])
    assert build_problem(district, Limits(), 1.0)[0].forbidden[refused]
    assert not build_problem(district, Limits(keep_refusals=False), 1.0)[0].forbidden.any()
    problem, decisions = build_problem(district, Limits(pin=[(teacher, course)]), 1.0)
    assert problem.fixed[refused] and not problem.forbidden[refused] and not decisions.contradictions
    assert problem.state[pairs.course[refused]] == OPEN
    problem, decisions = build_problem(district, Limits(pin=[(teacher, course)], forbid=[course]), 1.0)
    assert problem.state[pairs.course[refused]] == SHUT and not problem.fixed.any()
    assert problem.forbidden[pairs.course == pairs.course[refused]].all()
    assert decisions.contradictions == ((teacher, course),)


def test_what_must_and_must_not_open_is_a_contradiction(district: Any) -> None:
    _, decisions = build_problem(district, Limits(must_open=["C1"], forbid=["C1"]), 1.0)
    assert decisions.contradictions == (("", "C1"),)


def test_a_list_with_only_leaves_nobody_else(district: Any) -> None:
    limits = Limits(list=[{"course": "C2", "teachers": ["T0", "T1"], "only": True}])
    problem, _ = build_problem(district, limits, 1.0)
    course = problem.pairs.course == 2
    assert (problem.forbidden | problem.fixed)[course].all() and problem.fixed.sum() == 2


def test_the_objective_takes_off_uncertainty_and_raises_disadvantage(district: Any) -> None:
    pairs = district.pairs
    problem, _ = build_problem(district, Limits(uncertainty_discount=0.5, disadvantage_weight=2.0), 1.0)
    expected = np.maximum(pairs.gain - 0.5 * pairs.sd, 0) * (1 + 2 * district.disadvantage[pairs.teacher])
    assert problem.pairs.objective_coef == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("limits", "weights"),
    [({}, [1, 0.5, 0.25]), ({"repeat_worth": 1.0}, [1]), ({"max_courses_per_teacher": 2}, [1, 0.5]),
     ({"max_courses_per_teacher": 0}, [1])],
)  # fmt: skip
def test_repeated_cover_counts_less(limits: Any, weights: list[float], district: Any) -> None:
    assert build_problem(district, Limits.of(limits), 1.0)[0].slots.tolist() == weights


def test_another_budget_changes_nothing_else(district: Any) -> None:
    problem, _ = build_problem(district, Limits(release_days_per_teacher=1.0), 100.0)
    richer = with_budget(problem, 250.0)
    assert richer.budget_row().limit.tolist() == [250.0] and problem.budget_row().limit.tolist() == [100.0]
    assert richer.constraints[1:] == problem.constraints[1:] and richer.pairs is problem.pairs
    assert (problem.state == FREE).all()
