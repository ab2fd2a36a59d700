"""Why there is no plan: the sets are irreducible, and each relaxation alone gives a plan."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.planning.infeasibility import PlanRequirements, explain, relaxables
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.feasibility import feasible_plan

CASES: list[tuple[float, dict[str, Any]]] = [
    (100.0, {"floor_share_per_school": 0.75, "max_courses_per_teacher": 2}),
    (8000.0, {"floor_share_per_school": 0.75, "release_days_per_teacher": 0.0, "max_hours_per_teacher": 4.0}),
    (8000.0, {"must_open": ["C0"], "forbid": ["C0", "C1"]}),
    (8000.0, {"floor": [{"share": 1.0, "stage": "primary"}, {"share": 0.1, "stage": "junior"}], "max_hours_per_teacher": 2.0}),
    (0.0, {"must_open": ["C0", "C2"], "list": [{"course": "C1", "teachers": ["T0"], "only": True}]}),
]


def feasible(district: Any, required: PlanRequirements) -> bool:
    problem, decisions = build_problem(district, required.limits, required.yuan)
    return not decisions.contradictions and feasible_plan(problem, 0).plan is not None


@pytest.mark.parametrize(("yuan", "limits"), CASES, ids=range(len(CASES)))
def test_a_set_is_infeasible_and_loses_that_with_any_of_its_requirements(yuan: float, limits: Any, drawn: Any) -> None:
    district = drawn.district(7, 16, 5)
    required = PlanRequirements(yuan, Limits.of(limits))
    every = list(relaxables(required))
    conflicts = explain(district, required, 0)
    assert conflicts and all(conflict.proven for conflict in conflicts)
    assert [len(c.relaxables) for c in conflicts] == sorted(len(c.relaxables) for c in conflicts)
    for conflict in conflicts:
        inside = {(r.limit, r.key) for r in conflict.relaxables}
        only = required
        for relaxable in every:
            if (relaxable.limit, relaxable.key) not in inside:
                only = only.without(relaxable)
        assert not feasible(district, only)
        for relaxation in conflict.relaxables:
            (relaxable,) = [r for r in every if (r.limit, r.key) == (relaxation.limit, relaxation.key)]
            assert feasible(district, only.without(relaxable)) == relaxation.helps
            assert relaxation.helps
            if relaxation.enough is not None:
                assert relaxation.requested == relaxable.value
                assert (relaxation.enough > relaxation.requested) == relaxation.raised
                assert feasible(district, only.at(relaxable, relaxation.enough))


def test_a_feasible_question_has_no_conflict(drawn: Any) -> None:
    assert explain(drawn.district(7, 16, 5), PlanRequirements(5000.0, Limits()), 0) == []


def test_a_relaxed_number_is_close_to_the_least_that_is_enough(drawn: Any) -> None:
    district = drawn.district(7, 16, 5)
    required = PlanRequirements(100.0, Limits(floor_share_per_school=0.75))
    (conflict,) = explain(district, required, 0)
    budget = next(r for r in conflict.relaxables if r.limit == "budget")
    relaxable = next(r for r in relaxables(required) if r.limit == "budget")
    assert budget.enough is not None
    assert not feasible(district, required.at(relaxable, budget.enough * 0.98))


def test_what_is_no_number_cannot_be_set_to_one(drawn: Any) -> None:
    required = PlanRequirements(100.0, Limits(must_open=["C0"]))
    (relaxable,) = [r for r in relaxables(required) if r.limit == "must_open"]
    with pytest.raises(ValueError, match="must_open"):
        required.at(relaxable, 1.0)
