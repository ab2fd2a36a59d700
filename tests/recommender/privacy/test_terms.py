"""Needs that have expired: neither lists nor needs nor plans, from the first day after the term on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from features.errors import DataError, StaleError
from recommender.advice import AdviceService
from recommender.pipeline import run_recommend, run_recommender
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_service import PlanService
from recommender.plans.planner import Planner
from recommender.privacy.terms import months_after, need_expires_on
from recommender.settings import Settings


class Idle:
    """A worker that does nothing."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def test_months_end_on_the_last_day_of_shorter_months() -> None:
    assert months_after(date(2025, 8, 31), 18) == date(2027, 2, 28)
    assert months_after(date(2026, 6, 22), -18) == date(2024, 12, 22)
    assert need_expires_on(date(2026, 6, 22)) == date(2027, 12, 22)


@pytest.fixture(scope="module")
def ready(city):
    return run_recommender(city.workspace, city.settings)


def test_from_the_day_after_there_are_no_needs_and_no_lists(city, ready) -> None:
    last = need_expires_on(ready.snapshot.as_of)
    today = [last]
    service = AdviceService(city.workspace, city.settings, ready=ready, today=lambda: today[0])
    teacher = str(ready.snapshot.teacher_ids[0])
    school = service.school_of(teacher)
    assert service.teacher_needs(teacher).needs and service.school_needs(school).school and not service.age.expired
    listed = service.teacher_advice(teacher)
    today[0] = last + timedelta(days=1)
    assert listed.status != "expired" and service.age.expired
    assert service.teacher_needs(teacher).needs == () and service.teacher_needs(teacher).open_courses == ()
    assert service.teacher_needs(teacher).hours  # what she owes is no estimate
    needs = service.school_needs(school)
    assert (needs.departments, needs.school, needs.views) == ((), (), ())
    for advice in (service.teacher_advice(teacher), service.school_advice(school)):
        assert (advice.status, advice.recommendations) == ("expired", ())
    with pytest.raises(DataError, match="have expired"):
        service.write_list("teacher", teacher, 3, Path("never.csv"))
    (sentence,) = service.age.sentences
    assert "diagnosed anew" in str(sentence) and service.age.as_json()["expired"]


def test_files_and_plans_are_refused_but_not_for_a_day_of_the_past(city, ready, tmp_path: Path, monkeypatch) -> None:
    as_of = ready.snapshot.as_of
    late = need_expires_on(as_of) + timedelta(days=1)
    planner = Planner(city.workspace, city.settings, ready=ready)
    school = str(ready.school_ids[0])
    with pytest.raises(DataError, match="have expired"):
        planner.check(school, 1000.0, Limits(), late)
    assert len(planner.check(school, 1000.0, Limits()).teacher_ids)
    plans = PlanService(city.workspace, worker=Idle(), today=lambda: late)
    version = AdviceService(city.workspace, city.settings, ready=ready).version
    with pytest.raises(StaleError, match="have expired"):
        plans.ask(school, 1000.0, Limits(), version, "planner")
    monkeypatch.setenv("RECOMMENDER_TODAY", late.isoformat())
    with pytest.raises(DataError, match="have expired"):
        run_recommend(city.workspace, Settings(), top=1, out=tmp_path / "lists")
    assert not (tmp_path / "lists").exists()
    assert run_recommend(city.workspace, Settings(), top=1, as_of=as_of, out=tmp_path / "lists.csv").rows
