"""Unusual values are notes, and the rows are imported as they are."""

from __future__ import annotations

import pytest

from features.sources.read_tables import read_tables

TEACHERS = "teacher_id,school_id,role,stage,subject,start_date\nT1,S1,teacher,primary,{},2015-09-01\n"
CLASSES = "class_id,subject,term,teacher_id,school_id,grade,share\n{}"
ENROLMENTS = "teacher_id,course_id,requested_on,completed_on,status\nT1,C1,{}\n"


@pytest.mark.parametrize(
    ("table", "text", "code", "row"),
    [
        ("teachers", TEACHERS.format("陶艺"), "unknown_subject", 2),
        ("teachers", TEACHERS.format("思品"), "read_as", 2),
        ("teachers", TEACHERS.format("数学").replace("2015-09-01", "2015.9.1"), "read_as", 2),
        ("classes", CLASSES.format("K1,数学,上学期,T1,S1,3,\n"), "term_format", 2),
        ("classes", CLASSES.format("K1,语文,2026-1,T1,S1,3,\n"), "other_subject", 2),
        ("enrolments", ENROLMENTS.format("2014-03-01,2014-04-01,completed"), "before_hiring", 2),
        ("enrolments", ENROLMENTS.format("2026-03-01,,completed"), "completed_undated", 2),
    ],
)
def test_an_unusual_value_is_a_note(broken, table: str, text: str, code: str, row: int) -> None:
    result = read_tables([broken(**{table: text})])
    notes = [(i.row, i.expected.code) for i in result.issues if i.file == f"{table}.csv"]
    assert result.accepted and notes == [(row, f"sources.{code}")]
    assert len(result.tables[table]) == 1


def test_shares_of_a_class_above_one_are_a_note_on_their_rows(broken) -> None:
    rows = "K1,数学,2026-1,T1,S1,3,0.7\nK1,数学,2026-1,T3,S1,3,0.7\nK2,数学,2026-1,T1,S1,3,0.7\n"
    (issue,) = read_tables([broken(classes=CLASSES.format(rows))]).issues
    assert issue.expected.values["note"].code == "sources.shares_above_one" and issue.expected.values[
        "rows"
    ] == (2, 3)


def test_an_item_without_indicator_or_competency_is_a_note(broken) -> None:
    head = "survey_id,item,kind,teacher_id,date,n,mean,scale_min,scale_max\n"
    row = "{},{},student_feedback,T1,2026-03-01,20,3,1,5\n"
    surveys = head + row.format("Q1", "K1") + row.format("Q1", "吵闹") + row.format("Q1", "整洁")
    indicators = "source,indicator,competency_id,weight\nstudent_feedback,整洁,K1,1\n"
    (issue,) = read_tables([broken(surveys=surveys, indicators=indicators)]).issues
    assert (issue.row, issue.value, issue.expected.code) == (3, "吵闹", "sources.without_competency")
