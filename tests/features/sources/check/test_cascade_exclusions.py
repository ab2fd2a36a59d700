"""Rows that refer to excluded rows, and retained tables that refer to what is gone."""

from __future__ import annotations

from features.sources.read_tables import read_tables


def test_rows_that_refer_to_excluded_rows_are_excluded_through_several_tables(broken) -> None:
    organizations = "org_id,name,kind,parent_id\nD1,南山区,district,\nS1,甲,shop,D1\n001,第一小学,school,D1\n"
    classes = "class_id,subject,term,teacher_id,school_id,grade\nK1,数学,2026-1,T1,001,3\n"
    result = read_tables([broken(organizations=organizations, classes=classes)])
    dependent = {
        (i.file, i.row) for i in result.issues if "dependent_row" in str(i.expected.values) + i.expected.code
    }
    assert ("classes.csv", 2) in dependent and any(file == "teachers.csv" for file, _ in dependent)
    assert result.tables["teachers"]["teacher_id"].tolist() == ["T3"] and len(result.tables["classes"]) == 0


def test_results_of_an_excluded_dimension_are_excluded(broken) -> None:
    result = read_tables([broken(
        assessments="assessment_id,name,programme,date,stage,subject\nA1,期末,other,2026-06-20,primary,数学\n",
        assessment_dimensions="assessment_id,dimension,scale_mean,scale_sd\nA1,X,500,0\nA1,Y,500,100\n",
        results="assessment_id,dimension,unit_kind,unit_id,n,mean\nA1,X,school,S1,30,500\nA1,Y,school,S1,30,500\n",
    )])  # fmt: skip
    assert result.tables["results"]["dimension"].tolist() == ["Y"]


def test_retained_rows_that_lose_their_target_are_a_note(sound, tmp_path) -> None:
    existing = read_tables([sound]).tables.frames
    (tmp_path / "courses.csv").write_text(
        (sound / "courses.csv").read_text("utf-8").replace("\nC1,", "\nC2,"), "utf-8"
    )
    result = read_tables([tmp_path / "courses.csv"], existing=existing)
    (issue,) = [i for i in result.issues if i.expected.code == "sources.retained_rows_unresolved"]
    assert result.accepted and (issue.file, issue.header, issue.expected.values["count"]) == (
        "course_goals",
        "course_id",
        1,
    )
