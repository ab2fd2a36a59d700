"""Rules between the cells of a row."""

from __future__ import annotations

import pytest

from features.sources.read_tables import read_tables

COURSES = (
    "course_id,title,provider_id,owner_level,mode,form,hours,category,fixed_cost,seat_cost,min_seats,max_seats,"
    "release_days,start_date,end_date,ladder_min,ladder_max\n"
    "C1,看懂学情,D1,district,online,workshop,12,professional,1000,50,{},0,{},{}\n"
)
OBSERVATIONS = "observation_id,item,teacher_id,rater_id,lesson_id,date,score,scale_min,scale_max\nO1,K1,T1,T2,L1,2026-03-01,{}\n"
RULES = (
    "jurisdiction,role,category,cycle_start,cycle_years,min_hours,max_hours\nD1,teacher,any,2026-01-01,5,{}\n"
)
ENROLMENTS = "teacher_id,course_id,requested_on,completed_on,status\nT1,C1,2026-03-01,{},completed\n"


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("courses", COURSES.format("40,10", ",", ","), "min_seats_above_max"),
        ("courses", COURSES.format("10,40", "2026-03-02,2026-03-01", ","), "date_too_early"),
        ("courses", COURSES.format("10,40", ",", "T2,P1"), "ladder_of_two_tracks"),
        ("courses", COURSES.format("10,40", ",", "T4,T2"), "ladder_min_above_max"),
        ("courses", COURSES.format("10,10", "2026-03-01,2026-03-01", "T2,T2"), None),
        ("observations", OBSERVATIONS.format("6,1,5"), "score_above_scale"),
        ("observations", OBSERVATIONS.format("0,1,5"), "score_below_scale"),
        ("observations", OBSERVATIONS.format("3,5,5"), "scale_min_below_max"),
        ("observations", OBSERVATIONS.format("5,1,5"), None),
        ("hour_rules", RULES.format("120,72"), "min_hours_above_max"),
        ("hour_rules", RULES.format("72,"), None),
        ("enrolments", ENROLMENTS.format("2026-02-01"), "date_too_early"),
    ],
)
def test_a_broken_rule_is_one_problem(broken, table: str, text: str, code: str | None) -> None:
    problems = [i for i in read_tables([broken(**{table: text})]).issues if i.severity == "problem"]
    assert [(i.row, i.expected.code) for i in problems] == ([(2, f"sources.{code}")] if code else [])


@pytest.mark.parametrize(
    ("parents", "in_cycle"),
    [("A A", {2}), ("B A", {2, 3}), ("- A", set()), ("B C A D", {2, 3, 4, 5}), ("B B", {3})],
)
def test_ancestors_may_not_form_a_cycle(broken, parents: str, in_cycle: set[int]) -> None:
    """Row 2 is A, row 3 is B, …; `-` has no parent."""
    lines = [
        f"{'ABCD'[i]},甲,Nothing,{'' if parent == '-' else parent},F,1\n"
        for i, parent in enumerate(parents.split())
    ]
    text = "competency_id,name_zh,name_en,parent_id,framework,version\n" + "".join(lines)
    text += "K1,乙,Other,,F,1\n"
    issues = read_tables([broken(competencies=text)]).issues
    assert {i.row for i in issues if i.expected.code == "sources.parent_in_cycle"} == in_cycle


def test_a_dimension_needs_its_scale(broken) -> None:
    issues = read_tables([broken(
        assessments="assessment_id,name,programme,date,stage,subject\nA1,期末,other,2026-06-20,primary,数学\n",
        assessment_dimensions="assessment_id,dimension,scale_mean,scale_sd\nA1,X,500,100\n",
        result_covariances="assessment_id,dimension_1,other_assessment_id,dimension_2,within_cov\nA1,X,,Z,3\nA1,X,A1,X,3\n",
    )]).issues  # fmt: skip
    problems = [(i.row, i.header, i.expected.code) for i in issues if i.severity == "problem"]
    assert problems == [(2, "dimension_2", "sources.unknown_dimension")]
