"""Columns of a table from another file; files that are both mapped and named as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.sources.read_tables import ReadResult, read_tables

CLASSES = """
[[table]]
name = "classes"
file = "sections.csv"
[table.columns]
class_id = { from = "id", prefix = "K" }
subject = "subject"
grade = "level"
term = "term"
school_id = "school"
"""
SECTIONS = "id,subject,level,term,school\n1,数学,6,2026-2,S1\n2,语文,5,2026-2,S1\n"
LINKS = "section,user,role,part\n1,T1,teacher,0.5\n1,T2,teacher,0.5\n1,P1,student,\n2,T2,teacher,1\n"


@pytest.fixture
def read(sound: Path):
    def made(mapping: str, **files: str) -> ReadResult:
        for name, text in files.items():
            (sound / f"{name}.csv").write_text(text, "utf-8")
        (sound / "map.toml").write_text(mapping, "utf-8")
        return read_tables([sound], sound / "map.toml")

    return made


@pytest.mark.parametrize("key", ["", ', key = "id"'])
def test_a_row_for_each_row_of_the_other_file(read, key: str) -> None:
    link = f'file = "links.csv", where = "role == \'teacher\'", on = "section"{key}'
    columns = f'teacher_id = {{ {link}, from = "user" }}\nshare = {{ {link}, from = "part" }}\n'
    result = read(CLASSES + columns, sections=SECTIONS, links=LINKS)
    assert result.accepted, [str(i.expected) for i in result.issues]
    rows = result.tables["classes"][["class_id", "teacher_id", "share"]].values.tolist()
    assert rows == [["K1", "T1", 0.5], ["K1", "T2", 0.5], ["K2", "T2", 1.0]]


def test_the_key_is_the_column_of_the_same_name_and_the_value_may_be_changed(read) -> None:
    schools = 'school_id = { file = "schools.csv", on = "school", from = "code", map = { "x" = "S1" } }\n'
    mapping = CLASSES.replace('school_id = "school"\n', schools) + 'teacher_id = { value = "T1" }\n'
    result = read(mapping, sections=SECTIONS, schools="school,code\nS1,x\n")
    assert result.accepted and set(result.tables["classes"]["school_id"]) == {"S1"}


def test_rows_without_a_partner_are_counted_and_missing_columns_named(read) -> None:
    column = 'teacher_id = { file = "links.csv", on = "section", from = "user" }\n'
    result = read(CLASSES + column, sections=SECTIONS, links=LINKS.replace("2,T2", "9,T2"))
    counts = [i.expected.values["count"] for i in result.issues if i.expected.code == "sources.rows_without_link"]
    assert counts == [1] and not result.accepted  # a class needs a teacher
    result = read(CLASSES + column.replace("user", "nobody"), sections=SECTIONS, links=LINKS)
    assert ("links.csv", "sources.missing_source_column") in {(i.file, i.expected.code) for i in result.issues}


INDICATORS = """
[[table]]
name = "indicators"
file = "competencies.csv"
[table.columns]
source = { value = "observation" }
indicator = "competency_id"
competency_id = "competency_id"
weight = { value = 1 }
"""


def test_a_mapped_file_named_as_a_table_is_that_table_too(read) -> None:
    result = read(INDICATORS)
    assert result.accepted and dict(result.read)["competencies"] == dict(result.read)["indicators"] == 2


def test_a_mapped_file_without_the_columns_of_its_name_is_read_as_mapped_only(read) -> None:
    classes = CLASSES.replace("sections.csv", "courses.csv").replace("classes", "classes") + 'teacher_id = { value = "T1" }\n'
    result = read(classes, courses=SECTIONS, course_goals="course_id,competency_id,weight\n")
    assert result.accepted and len(result.tables["classes"]) == 2 and "courses" not in result.read
    assert ("courses.csv", "sources.mapped_only") in {(i.file, i.expected.code) for i in result.issues}


def test_a_table_made_of_a_file_of_its_own_name_is_read_once(read) -> None:
    result = read('[[table]]\nname = "courses"\nfile = "courses.csv"\n')
    assert result.accepted and result.read["courses"] == 1


def test_encoding_separator_and_header_of_a_mapped_file(read, sound: Path) -> None:
    mapping = '''[[table]]
name = "classes"
file = "liste.txt"
header = [2, 3]
encoding = "cp1250"
delimiter = "^"
[table.columns]
class_id = "Třída kód"
term = "Třída pololetí"
subject = { value = "数学" }
grade = { value = "6" }
school_id = { value = "S1" }
teacher_id = { value = "T1" }
'''
    (sound / "liste.txt").write_bytes("Seznam\nTřída^\nkód^pololetí\n6Č^2026-2\n".encode("cp1250"))
    result = read(mapping)
    assert result.accepted, [str(i.expected) for i in result.issues]
    assert result.tables["classes"][["class_id", "term"]].values.tolist() == [["6Č", "2026-2"]]


def test_each_file_that_is_not_read_is_named(read, sound: Path) -> None:
    (sound / "old.xls").write_bytes(b"x")
    (sound / "more").mkdir()
    (sound / ".hidden").write_text("", "utf-8")
    notes = {(i.file, i.expected.code, i.severity) for i in read(INDICATORS, stray="a,b\n").issues if not i.row}
    assert notes == {
        ("old.xls", "sources.unread_format", "note"), ("more", "sources.unread_folder", "note"),
        ("stray.csv", "sources.file_not_named_as_table", "note"),
    }  # fmt: skip
