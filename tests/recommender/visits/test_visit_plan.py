"""What an office may see: counts by school, small schools together, totals in steps no finer than one person."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.disclosure import OTHERS
from features.documents import DocumentError
from recommender.visits.visit_plan import (
    ExpectedWorth,
    SchoolVisits,
    VisitPlan,
    reported_worth,
    school_visits,
)

DAY = date(2026, 6, 30)


def _plan(**changed: object) -> VisitPlan:
    content = {
        "org_id": "D", "budget": 9, "per_school": None, "kinds": ("observation",), "as_of": DAY, "open_on": DAY,
        "model_version": "v", "tables": "t", "choices": "", "made_up": True, "people": 30,
        "schools": (SchoolVisits("A", (3, 1, 0)), SchoolVisits(OTHERS, (2, 0, 1))),
        "worth": ExpectedWorth(1.2, 0.8, 1.6, 0.4, 5.0),
    }  # fmt: skip
    return VisitPlan(**(content | changed))


def test_small_schools_are_put_together() -> None:
    teachers = np.array(["A"] * 12 + ["B"] * 4 + ["C"] * 7, dtype=object)
    actions = np.array(["A", "B", "C", "A"], dtype=object)
    visits = np.array([[2, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    rows = school_visits(teachers, actions, visits, one_school=False)
    assert rows == (SchoolVisits("A", (2, 0, 1)), SchoolVisits(OTHERS, (1, 1, 0)))
    assert school_visits(teachers[12:16], actions[1:2], visits[1:2], one_school=True) == (SchoolVisits("B", (1, 0, 0)),)


def test_a_single_small_school_does_not_follow_from_the_total() -> None:
    teachers = np.array(["A"] * 12 + ["B"] * 15 + ["C"] * 4, dtype=object)
    rows = school_visits(teachers, np.array(["A", "C"], dtype=object), np.array([[2, 0, 0], [1, 0, 0]]), one_school=False)
    assert [row.school_id for row in rows] == [OTHERS] and rows[0].visits == (3, 0, 0)


def test_a_school_that_is_put_together_is_told_nothing() -> None:
    plan = _plan()
    assert plan.of_school("A") == (3, 1, 0) and plan.of_school("B") is None
    assert _plan(schools=(SchoolVisits("A", (3, 1, 0)),)).of_school("B") == (0, 0, 0)
    assert plan.visits == (5, 1, 1)


def test_totals_are_told_in_steps_of_one_person() -> None:
    worth = ExpectedWorth(1.234, 0.87, 1.66, 0.39, 5.4)
    reported = reported_worth(worth, 30, 0.05)
    assert reported == ExpectedWorth(1.25, 0.85, 1.65, 0.4, 5.0)
    assert reported_worth(worth, 9, 0.05) is None


def test_it_survives_the_disk() -> None:
    assert VisitPlan.from_json(_plan().as_json()) == _plan()
    assert VisitPlan.from_json(_plan(worth=None, per_school=3).as_json()) == _plan(worth=None, per_school=3)
    for damage in ({"schools": None}, {"as_of": "June"}, {"budget": "nine"}, {"worth": {"gain": 1}}):
        with pytest.raises(DocumentError):
            VisitPlan.from_json(_plan().as_json() | damage)
