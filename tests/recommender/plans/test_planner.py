"""A plan is made of courses that are open on its day, and says which day that is."""

from __future__ import annotations

import dataclasses
from datetime import date

import pandas as pd
import pytest

from features.eligibility import open_courses
from features.snapshot import Snapshot
from features.tables import Tables
from recommender.lists.recommend import Recommender
from recommender.planning.plan_report import PlanReport
from recommender.planning.problem.district import load_district
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_sentences import sentences
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PlanQuestion, id_of
from recommender.served_version import usable_recommender

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def ready(city) -> Recommender:
    return usable_recommender(city.workspace, city.settings)


@pytest.fixture(scope="module")
def school_id(city) -> str:
    """A school is the smallest organization that a plan can be made for."""
    return str(city.workspace.tables["teachers"]["school_id"].value_counts().index[0])


def test_a_plan_holds_courses_of_its_day(city, ready: Recommender, school_id: str) -> None:
    planner = Planner(city.workspace, city.settings, ready=ready)
    still_open = open_courses(ready.snapshot.tables["courses"], TODAY)
    planned = planner.plan(school_id, 1e6, Limits(max_courses_per_teacher=1), seconds=1.0, today=TODAY)
    chosen = planned.problem.pairs.course[planned.plan.chosen]
    assert len(chosen) and still_open[chosen].all()
    assert planned.district.dates == (planner.as_of, TODAY, TODAY)
    pairs = {day: set(planner.district(school_id, day).pairs.course.tolist()) for day in (TODAY, planner.as_of)}
    assert pairs[TODAY] < pairs[planner.as_of] == set(planner.district(school_id).pairs.course.tolist())


def test_the_same_question_on_another_day_is_another_one(city, ready: Recommender) -> None:
    planner = Planner(city.workspace, city.settings, ready=ready)
    days = (None, date(2020, 1, 1), planner.as_of, TODAY)
    ids = [id_of(planner, PlanQuestion("D", 1000.0, Limits(), today=day)) for day in days]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_what_is_kept_of_a_district_goes_with_its_day(city, ready: Recommender, school_id: str) -> None:
    planner = Planner(city.workspace, city.settings, ready=ready)
    for day in (planner.as_of, TODAY, planner.as_of, TODAY):
        planner.plan(school_id, 1e4, seconds=1.0, today=day)
        assert set(planner._scored) == set(planner._drawn) == set(planner._last) == {(school_id, day)}


def test_where_no_course_is_open_any_more_those_of_as_of_are_taken(ready: Recommender, school_id: str) -> None:
    ended = ready.snapshot.tables["courses"].assign(end_date=pd.Timestamp("2026-08-31"))
    tables = Tables(dict(ready.snapshot.tables.items()) | {"courses": ended})
    snapshot = Snapshot(tables, ready.snapshot.needs, ready.snapshot.as_of)
    district = load_district(snapshot, ready.bundle, school_id, True, today=TODAY)
    assert len(district.pairs) and district.dates == (snapshot.as_of, TODAY, snapshot.as_of)


@pytest.mark.parametrize(("name", "place"), [("plan", -2), ("infeasible", -1)])
def test_a_plan_says_by_which_days_it_was_made(reports: dict[str, PlanReport], name: str, place: int) -> None:
    report = reports[name]
    assert not any("2026" in text.en for text in sentences(report))
    later = dataclasses.replace(report, today=TODAY, open_on=TODAY, open_then=8, closed=3)
    both, closed = sentences(later)[place - 1 :][:2]
    assert both.en.startswith("Needs are estimated from data up to 30 Jun 2026; courses are judged")
    assert closed.zh.startswith("数据截止时开放的 8 门课中，3 门此后已经开课或结束")
    nothing = sentences(dataclasses.replace(later, open_on=report.as_of, closed=8))[place]
    assert "it cannot be carried out" in nothing.en and "30 Nov 2026" in nothing.en
