"""From a question to a proposal on the finished city: budgets, scopes, who is left out, and no person in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from features.errors import DataError, UnknownIdError
from recommender.lists.recommend import Recommender
from recommender.lists.teacher_choices import NO_CHOICES, TeacherChoices
from recommender.pipeline import run_recommender
from recommender.visits.run_visits import VisitAnswer, run_visits
from recommender.visits.visit_plan import VisitQuestion
from recommender.visits.visit_search import LIST_COLUMNS
from recommender.visits.visit_store import read_visits, visit_file, write_visits

OPEN_ON = date(2026, 6, 30)


@pytest.fixture(scope="module")
def ready(city) -> Recommender:
    return run_recommender(city.workspace, city.settings)


@pytest.fixture(scope="module")
def whole(ready: Recommender) -> VisitAnswer:
    return run_visits(ready, VisitQuestion("", 20, OPEN_ON), NO_CHOICES, "t")


@pytest.fixture(scope="module")
def largest(ready: Recommender) -> str:
    return str(ready.snapshot.tables["teachers"]["school_id"].value_counts().index[0])


def test_a_budget_is_spent_where_it_is_worth_something(whole: VisitAnswer, ready: Recommender) -> None:
    plan = whole.plan
    assert 0 < sum(plan.visits) <= 20 and plan.people == len(ready.snapshot.teacher_ids)
    assert plan.worth is not None and plan.worth.gain > 1.5 * plan.worth.random > 0
    assert plan.worth.low <= plan.worth.gain <= plan.worth.high


def test_no_teacher_is_in_a_proposal(whole: VisitAnswer, ready: Recommender) -> None:
    text = json.dumps(whole.plan.as_json())
    assert len(whole.rows) == 0 and not [t for t in ready.snapshot.teacher_ids if f'"{t}"' in text]


def test_the_same_question_has_the_same_answer(whole: VisitAnswer, ready: Recommender) -> None:
    assert run_visits(ready, VisitQuestion("", 20, OPEN_ON), NO_CHOICES, "t").plan == whole.plan


def test_schools_keep_their_limit(ready: Recommender) -> None:
    plan = run_visits(ready, VisitQuestion("", 20, OPEN_ON, per_school=2), NO_CHOICES, "t").plan
    assert max(sum(s.visits) for s in plan.schools if s.school_id in set(ready.school_ids)) <= 2


def test_a_school_gets_its_own_list_by_id(ready: Recommender, largest: str) -> None:
    answer = run_visits(ready, VisitQuestion(largest, 8, OPEN_ON), NO_CHOICES, "t")
    rows = answer.rows
    assert list(rows.columns) == LIST_COLUMNS and rows["visits"].sum() == sum(answer.plan.visits) > 0
    people = rows["teacher_id"].dropna().tolist()
    register = ready.snapshot.tables["teachers"].set_index("teacher_id")
    assert (register.loc[people, "school_id"] == largest).all()
    for _, part in rows.groupby("kind"):
        assert part["teacher_id"].dropna().is_monotonic_increasing
    assert [s.school_id for s in answer.plan.schools] == [largest]


def test_who_wants_no_use_of_her_data_is_left_out(ready: Recommender, largest: str) -> None:
    question = VisitQuestion(largest, 8, OPEN_ON)
    before = set(run_visits(ready, question, NO_CHOICES, "t").rows["teacher_id"].dropna())
    without = TeacherChoices(unpersonalised=frozenset(before))
    answer = run_visits(ready, question, without, "t")
    assert before and not before & set(answer.rows["teacher_id"].dropna())
    assert answer.plan.choices == without.digest() != ""


def test_kinds_alone(ready: Recommender) -> None:
    for kind, place in (("student_feedback", 1), ("class_link", 2)):
        visits = run_visits(ready, VisitQuestion("", 6, OPEN_ON, kinds=(kind,)), NO_CHOICES, "t").plan.visits
        assert sum(visits) == visits[place]


def test_unknown_places_and_cities_without_evidence_are_refused(ready: Recommender) -> None:
    with pytest.raises(UnknownIdError):
        run_visits(ready, VisitQuestion("nowhere", 5, OPEN_ON), NO_CHOICES, "t")
    other = Recommender(ready.snapshot, replace(ready.bundle, objective="uptake"))
    with pytest.raises(DataError, match="nothing was measured"):
        run_visits(other, VisitQuestion("", 5, OPEN_ON), NO_CHOICES, "t")


def test_a_proposal_is_kept_by_organization(whole: VisitAnswer, tmp_path) -> None:
    assert read_visits(tmp_path, "") is None
    write_visits(tmp_path, whole.plan)
    write_visits(tmp_path, replace(whole.plan, org_id="D/../E", budget=3))
    assert read_visits(tmp_path, "") == whole.plan
    other = read_visits(tmp_path, "D/../E")
    assert other is not None and other.budget == 3 and visit_file(tmp_path, "D/../E").parent == tmp_path / "visits"
    path = visit_file(tmp_path, "")
    path.write_text("{", "utf-8")
    path.with_name(f".{path.name}.copy").write_text("{", "utf-8")
    assert read_visits(tmp_path, "") is None
