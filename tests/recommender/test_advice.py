"""The desk gives one unit the same that the files give everybody."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from features.errors import UnknownIdError, UsageError
from features.tables import split_list
from recommender.advice import AdviceService


@pytest.fixture(scope="module")
def desk(city) -> AdviceService:
    return AdviceService(city.workspace, city.settings)


@pytest.fixture(scope="module")
def rows(city) -> pd.DataFrame:
    return pd.read_parquet(city.written.recommendations)


@pytest.mark.parametrize("kind", ["teacher", "school"])
def test_one_list_is_that_of_the_file(desk: AdviceService, rows: pd.DataFrame, kind: str) -> None:
    for unit_id, listed in list(rows[rows["unit_kind"] == kind].groupby("unit_id"))[:8]:
        top = int(listed["rank"].max())
        advice = desk.teacher_advice(unit_id, top) if kind == "teacher" else desk.school_advice(unit_id, top)
        assert [place.course.course_id for place in advice.recommendations] == list(listed["course_id"])
        assert [place.tied_with_previous for place in advice.recommendations] == list(
            listed["tied_with_previous"]
        )
        assert [place.gain_mean for place in advice.recommendations] == pytest.approx(
            list(listed["gain_mean"])
        )
        assert advice.recommendations[0].reasons[4].en in listed["reasons"].iloc[0].replace('\\"', '"')
        assert advice.made_up and advice.model_version == listed["model_version"].iloc[0]


def test_status_is_that_of_the_file(desk: AdviceService, city) -> None:
    outcomes = pd.read_parquet(city.written.outcomes)
    for kind, unit_id, status in outcomes.groupby("status").head(3).itertuples(index=False):
        advice = desk.teacher_advice(unit_id) if kind == "teacher" else desk.school_advice(unit_id)
        assert advice.status == status


def test_needs_of_a_teacher_are_hers_largest_gap_first(desk: AdviceService, city) -> None:
    needs = pd.read_parquet(city.workspace.scores / "needs.parquet")
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[7])
    told = desk.teacher_needs(teacher)
    hers = needs[(needs["unit_kind"] == "teacher") & (needs["unit_id"] == teacher)]
    assert len(told.needs) == len(hers)
    gaps = [need.expected_gap for need in told.needs]
    assert gaps == sorted(gaps, reverse=True) and gaps == pytest.approx(
        sorted(hers["expected_gap"], reverse=True)
    )
    assert told.school_name and told.school_id == desk.school_of(teacher)
    assert all(hours.owed >= 0 and hours.cycle_start <= told.as_of <= hours.cycle_end for hours in told.hours)


def test_departments_under_five_have_no_numbers(desk: AdviceService, city) -> None:
    teachers = city.workspace.tables["teachers"]
    for school in sorted(set(teachers["school_id"])):
        told = desk.school_needs(school)
        here = [split_list(cell) for cell in teachers.loc[teachers["school_id"] == school, "subject"]]
        for group in told.departments:
            assert group.members == sum(group.label in listed for listed in here)
            assert group.members >= 5 or group.need is None
        assert {group.label for group in told.departments} == {s for listed in here for s in listed}
        assert all(group.members == len(here) for group in told.school)


def test_unknown_ids_are_unknown_units(desk: AdviceService) -> None:
    for ask in (
        desk.teacher_advice, desk.school_advice, desk.teacher_needs, desk.school_needs, desk.course,
        desk.school_of, desk.ancestors,
    ):  # fmt: skip
        with pytest.raises(UnknownIdError):
            ask("nobody")


def test_ancestors_are_nearest_first(desk: AdviceService, city) -> None:
    parents = city.workspace.tables["organizations"].set_index("org_id")["parent_id"]
    school = str(city.workspace.tables["teachers"]["school_id"].iloc[0])
    found = desk.ancestors(school)
    assert found[0] == parents[school]
    assert all(parents[low] == high for low, high in itertools.pairwise(found))


def test_pages_of_the_catalogue_hold_every_course_once(desk: AdviceService, city) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = desk.courses(cursor=cursor)
        seen += [course.course_id for course in page.courses]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == list(city.workspace.tables["courses"]["course_id"])
    assert page.total == len(seen)


def test_filters_and_words_narrow_the_catalogue(desk: AdviceService) -> None:
    some = desk.course(desk.courses().courses[0].course_id)
    found = desk.courses(q=some.title.upper(), competency=some.goals[0][0])
    assert some.course_id in {course.course_id for course in found.courses}
    assert all(any(goal[0] == some.goals[0][0] for goal in course.goals) for course in found.courses)
    assert desk.courses(q="no course is called so").total == 0
    assert sum(goal[3] for goal in some.goals) == pytest.approx(1)
    with pytest.raises(UsageError, match="cursor"):
        desk.courses(cursor="nobody")


def test_one_list_as_a_file(desk: AdviceService, city, tmp_path) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    desk.write_list("teacher", teacher, 3, tmp_path / "hers.csv")
    read = pd.read_csv(tmp_path / "hers.csv", dtype={"unit_id": str})
    assert set(read["unit_id"]) == {teacher} and len(read) <= 3
    assert (tmp_path / "origin.json").exists()
