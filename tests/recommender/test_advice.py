"""The service gives one unit the same as the files of all units."""

from __future__ import annotations

import itertools
from datetime import date

import pandas as pd
import pytest

from features.eligibility import open_courses
from features.errors import UnknownIdError
from features.snapshot import Snapshot
from features.tables import Tables, split_list
from recommender.advice import AdviceService
from recommender.lists.recommend import Recommender
from recommender.served_version import usable_recommender
from recommender.settings import Settings


@pytest.fixture(scope="module")
def service(city) -> AdviceService:
    return AdviceService(city.workspace, city.settings, today=lambda: date(2026, 6, 30))


@pytest.fixture(scope="module")
def rows(city) -> pd.DataFrame:
    return pd.read_parquet(city.written.recommendations)


@pytest.mark.parametrize("kind", ["teacher", "school"])
def test_one_list_is_that_of_the_file(service: AdviceService, rows: pd.DataFrame, kind: str) -> None:
    for unit_id, own in list(rows[rows["unit_kind"] == kind].groupby("unit_id"))[:8]:
        top = int(own["rank"].max())
        advice = service.teacher_advice(unit_id, top) if kind == "teacher" else service.school_advice(unit_id, top)
        assert [place.course.course_id for place in advice.recommendations] == list(own["course_id"])
        assert [place.tied_with_previous for place in advice.recommendations] == list(
            own["tied_with_previous"]
        )
        assert [place.gain_mean for place in advice.recommendations] == pytest.approx(
            list(own["gain_mean"])
        )
        assert advice.recommendations[0].reasons[4].en in own["reasons"].iloc[0].replace('\\"', '"')
        assert advice.made_up and advice.model_version == own["model_version"].iloc[0]


def test_status_is_that_of_the_file(service: AdviceService, city) -> None:
    outcomes = pd.read_parquet(city.written.outcomes)
    for kind, unit_id, status in outcomes.groupby("status").head(3).itertuples(index=False):
        advice = service.teacher_advice(unit_id) if kind == "teacher" else service.school_advice(unit_id)
        assert advice.status == status


def test_needs_of_a_teacher_are_hers_largest_gap_first(service: AdviceService, city) -> None:
    needs = pd.read_parquet(city.workspace.scores / "needs.parquet")
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[7])
    answer = service.teacher_needs(teacher)
    own = needs[(needs["unit_kind"] == "teacher") & (needs["unit_id"] == teacher)]
    assert len(answer.needs) == len(own)
    gaps = [need.expected_gap for need in answer.needs]
    assert gaps == sorted(gaps, reverse=True) and gaps == pytest.approx(
        sorted(own["expected_gap"], reverse=True)
    )
    assert answer.school_name and answer.school_id == service.school_of(teacher)
    assert all(hours.owed >= 0 and hours.cycle_start <= answer.as_of <= hours.cycle_end for hours in answer.hours)


def test_departments_under_five_have_no_numbers(service: AdviceService, city) -> None:
    teachers = city.workspace.tables["teachers"]
    for school in sorted(set(teachers["school_id"])):
        answer = service.school_needs(school)
        subjects = [split_list(cell) for cell in teachers.loc[teachers["school_id"] == school, "subject"]]
        for group in answer.departments:
            assert group.members == sum(group.label in own for own in subjects)
            assert group.members >= 5 or group.need is None
        assert {group.label for group in answer.departments} == {s for own in subjects for s in own}
        assert all(group.members == len(subjects) for group in answer.school)


def test_unknown_ids_are_unknown_units(service: AdviceService) -> None:
    for ask in (
        service.teacher_advice, service.school_advice, service.teacher_needs, service.school_needs, service.course,
        service.school_of, service.ancestors,
    ):  # fmt: skip
        with pytest.raises(UnknownIdError):
            ask("nobody")


def test_ancestors_are_nearest_first(service: AdviceService, city) -> None:
    parents = city.workspace.tables["organizations"].set_index("org_id")["parent_id"]
    school = str(city.workspace.tables["teachers"]["school_id"].iloc[0])
    ancestors = service.ancestors(school)
    assert ancestors[0] == parents[school]
    assert all(parents[low] == high for low, high in itertools.pairwise(ancestors))


def test_one_list_as_a_file(service: AdviceService, city, tmp_path) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    service.write_list("teacher", teacher, 3, tmp_path / "hers.csv")
    read = pd.read_csv(tmp_path / "hers.csv", dtype={"unit_id": str})
    assert set(read["unit_id"]) == {teacher} and len(read) <= 3
    assert (tmp_path / "origin.json").exists()


def _open_on(service: AdviceService, day: date) -> set[str]:
    courses = service._recommender.snapshot.tables["courses"]
    return set(courses["course_id"][open_courses(courses, day)])


@pytest.mark.parametrize("kind", ["teacher", "school"])
def test_lists_hold_courses_that_are_open_today(city, rows: pd.DataFrame, kind: str) -> None:
    today = date(2026, 11, 30)
    service = AdviceService(city.workspace, city.settings, today=lambda: today)
    still_open, units = _open_on(service, today), rows.loc[rows["unit_kind"] == kind, "unit_id"].unique()
    advise = service.teacher_advice if kind == "teacher" else service.school_advice
    lists = [advise(unit) for unit in units[:40]]
    listed = {place.course.course_id for advice in lists if not advice.closed for place in advice.recommendations}
    assert listed and listed <= still_open
    assert {advice.open_on for advice in lists if not advice.closed} == {today}
    assert {advice.as_of for advice in lists} == {service.as_of} != {today}
    assert service.age.closed > 0 and set(rows["course_id"]) - still_open  # at as-of others were listed


def test_where_nothing_is_open_any_more_the_courses_of_as_of_are_shown_as_closed(city) -> None:
    ready = usable_recommender(city.workspace, city.settings)
    everything = ready.snapshot.tables["courses"].assign(end_date=pd.Timestamp("2026-08-31"))
    tables = Tables(dict(ready.snapshot.tables.items()) | {"courses": everything})
    snapshot = Snapshot(tables, ready.snapshot.needs, ready.snapshot.as_of)
    old = AdviceService(
        city.workspace, city.settings, ready=Recommender(snapshot, ready.bundle), today=lambda: date(2027, 6, 30)
    )
    teacher = next(t for t in map(str, snapshot.teacher_ids) if old.teacher_advice(t).recommendations)
    for advice in (old.teacher_advice(teacher), old.school_advice(old.school_of(teacher))):
        assert advice.closed and advice.open_on == advice.as_of and advice.recommendations
    assert old.age.closed == old.age.open_then > 0 and old.age.old
    assert all(entry.course is None for entry in old.teacher_needs(teacher).open_courses)
    assert old.closed({"no such course", *map(str, snapshot.course_ids[:2])}) == 3


def test_an_explicit_as_of_is_the_day_of_the_courses_too(city) -> None:
    ready = usable_recommender(city.workspace, city.settings)
    today = Settings(today=date(2027, 1, 1))
    service = AdviceService(city.workspace, today, ready.snapshot.as_of, ready=ready)
    assert service.open_on == ready.snapshot.as_of and service.age.days == 0
    assert AdviceService(city.workspace, today, ready=ready).open_on == date(2027, 1, 1)
