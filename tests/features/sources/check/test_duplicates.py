"""Rows that are in a table twice."""

from __future__ import annotations

import gzip

from features.sources.read_tables import read_tables

HEAD = "teacher_id,school_id,role,stage,subject\n"
ROW = "T1,S1,teacher,primary,数学\n"


def test_an_identical_row_is_kept_once_with_a_note(broken) -> None:
    result = read_tables([broken(teachers=HEAD + ROW + ROW)])
    (issue,) = [i for i in result.issues if i.file == "teachers.csv"]
    assert result.accepted and len(result.tables["teachers"]) == 1 and result.read["teachers"] == 2
    assert (issue.row, issue.expected.code, issue.expected.values) == (3, "sources.identical_row", {"row": 2})


def test_a_conflicting_row_is_a_problem_and_the_first_stays(broken) -> None:
    result = read_tables([broken(teachers=HEAD + ROW + ROW.replace("primary", "junior"))])
    (issue,) = [i for i in result.issues if i.severity == "problem"]
    assert (issue.row, issue.expected.code, issue.letter) == (3, "sources.conflicting_row", "A")
    assert result.tables["teachers"]["stage"].tolist() == ["primary"]


def test_a_conflict_with_another_file_names_it(broken, tmp_path) -> None:
    folder = broken(teachers=HEAD + ROW)
    other = tmp_path / "teachers.csv.gz"
    other.write_bytes(gzip.compress((HEAD + ROW.replace("primary", "junior")).encode()))
    (issue,) = [i for i in read_tables([folder, other]).issues if i.severity == "problem"]
    assert (issue.file, issue.expected.values) == ("teachers.csv.gz", {"row": 2, "file": "teachers.csv"})


def test_a_bad_row_is_no_original(broken) -> None:
    bad = ROW.replace("teacher,", "boss,")
    result = read_tables([broken(teachers=HEAD + bad + ROW)])
    assert [i.expected.code for i in result.issues if i.severity == "problem"] == ["sources.one_of_choices"]
    assert len(result.tables["teachers"]) == 1
