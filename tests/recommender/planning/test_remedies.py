"""What makes the whole question feasible: applied exactly as it is written, build and solve give a plan."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.planning.infeasibility import Feasibility, PlanRequirements, explain, relaxables
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.remedies import MOST, printed, remedies
from recommender.planning.solver.solve import solve

CASES: list[tuple[float, dict[str, Any]]] = [
    (100.0, {"floor_share_per_school": 0.75, "max_courses_per_teacher": 2}),
    (8000.0, {"floor_share_per_school": 0.75, "release_days_per_teacher": 0.0, "max_hours_per_teacher": 4.0}),
    (8000.0, {"must_open": ["C0"], "forbid": ["C0", "C1"]}),
    (100.0, {"must_open": ["C0"], "forbid": ["C0"], "floor_share_per_school": 0.75}),
    (100.0, {"floor_share_per_school": 0.5, "must_open": ["C0", "C1"], "forbid": ["C0", "C1"]}),
    (0.0, {"must_open": ["C0", "C2"], "list": [{"course": "C1", "teachers": ["T0"], "only": True}]}),
]


def written(question: PlanRequirements, relaxation: Any) -> PlanRequirements:
    """The question with a requirement as the sentence writes it: a share to 0.1%, other numbers to four digits."""
    (relaxable,) = [r for r in relaxables(question) if (r.limit, r.key) == (relaxation.limit, relaxation.key)]
    if relaxation.enough is None:
        return question.without(relaxable)
    if "floor" in relaxation.limit:
        return question.at(relaxable, float(f"{100 * relaxation.enough:.1f}") / 100)
    return question.at(relaxable, float(f"{relaxation.enough:{'.0f' if relaxable.whole else '.4g'}}"))


@pytest.mark.parametrize(("yuan", "limits"), CASES, ids=range(len(CASES)))
@pytest.mark.slow
def test_what_is_written_gives_a_plan_and_less_does_not(yuan: float, limits: Any, drawn: Any) -> None:
    district = drawn.district(7, 16, 5)
    required = PlanRequirements(yuan, Limits.of(limits))
    changes = remedies(district, required, tuple(explain(district, required, 0)), 0)
    assert 0 < len(changes) <= MOST and len({len(change.relaxations) for change in changes}) == 1
    feasible = Feasibility(district, 0, lambda: False)
    for change in changes:
        question = required
        for relaxation in change.relaxations:
            question = written(question, relaxation)
        problem, decisions = build_problem(district, question.limits, question.yuan)
        assert not decisions.contradictions and solve(problem, 0).plan is not None
        for relaxation in change.relaxations:  # no smaller set is enough
            fewer = required
            for other in change.relaxations:
                fewer = fewer if other is relaxation else written(fewer, other)
            assert not feasible(fewer)


def test_two_conflicts_at_once_need_two_changes(drawn: Any) -> None:
    """Each set has a remedy of its own, and neither makes the plan possible."""
    district = drawn.district(7, 16, 5)
    yuan, limits = CASES[3]
    required = PlanRequirements(yuan, Limits.of(limits))
    conflicts = explain(district, required, 0)
    assert len(conflicts) >= 2 and all(r.helps for conflict in conflicts for r in conflict.relaxables)
    changes = remedies(district, required, tuple(conflicts), 0)
    assert {len(change.relaxations) for change in changes} == {2}


def test_a_number_is_rounded_to_what_is_written_towards_the_weaker_side(drawn: Any) -> None:
    (floor,) = [r for r in relaxables(PlanRequirements(9.0, Limits(floor_share_per_school=0.75))) if r.limit != "budget"]
    assert printed(floor, 0.33377) == pytest.approx(0.333) and printed(floor, 0.0) == 0.0
    (hours,) = [r for r in relaxables(PlanRequirements(9.0, Limits(max_hours_per_teacher=4.0))) if r.limit != "budget"]
    assert printed(hours, 12.341) == pytest.approx(12.4) and printed(hours, 12.4) == pytest.approx(12.4)


def test_stopped_at_once_there_is_none(drawn: Any) -> None:
    district = drawn.district(7, 16, 5)
    required = PlanRequirements(100.0, Limits(floor_share_per_school=0.75))
    conflicts = tuple(explain(district, required, 0))
    assert remedies(district, required, conflicts, 0, lambda: True) == []
