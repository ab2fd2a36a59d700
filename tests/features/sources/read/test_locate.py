"""Files and sheets by name, and the mark of simulated data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import xlsxwriter

from features.errors import FileReadError
from features.sources.issues import Issues
from features.sources.read.locate import Claim, locate, simulated, suffix_of, table_named


def _codes(issues: Issues) -> list[tuple[str, str | None, str, str]]:
    return [(i.file, i.sheet, i.expected.code.removeprefix("sources."), i.severity) for i in issues.items]


def test_tables_are_named_in_either_language() -> None:
    assert (
        table_named("Course Goals")
        == table_named("course_goals")
        == table_named("课程目标")
        == "course_goals"
    )
    assert table_named("成绩单") is None
    assert suffix_of(Path("A.CSV.GZ")) == ".csv.gz" and suffix_of(Path("a.doc")) == ""


def test_a_stray_file_is_a_note_in_a_folder_and_a_problem_by_its_path(tmp_path: Path) -> None:
    for name in ("teachers.csv", "stray.csv", "~$teachers.xlsx", "readme.doc"):
        (tmp_path / name).write_text("a\n", "utf-8")
    issues = Issues()
    assert [s.table for s in locate([tmp_path], {}, issues)] == ["teachers"]
    assert _codes(issues) == [
        ("readme.doc", None, "unread_format", "note"),
        ("stray.csv", None, "file_not_named_as_table", "note"),
    ]
    locate([tmp_path / "stray.csv"], {}, issues)
    assert _codes(issues)[-1][-1] == "problem" and issues.items[-1].example == "teachers.csv"
    assert not locate([tmp_path], {(tmp_path / "teachers.csv").resolve(): Claim(frozenset({"teachers"}))}, Issues())


def test_sheets_of_a_workbook(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "all.xlsx")) as book:
        for sheet in ("说明", "教师", "courses", "草稿"):
            book.add_worksheet(sheet).write(0, 0, "x")
    with xlsxwriter.Workbook(str(tmp_path / "classes.xlsx")) as book:
        book.add_worksheet("Sheet1").write(0, 0, "x")
    issues = Issues()
    sources = locate([tmp_path], {}, issues)
    assert [(s.file, s.table, s.shared) for s in sources] == [
        ("all.xlsx", "teachers", True), ("all.xlsx", "courses", True), ("classes.xlsx", "classes", False),
    ]  # fmt: skip
    assert _codes(issues) == [("all.xlsx", "草稿", "sheet_not_named_as_table", "note")]


def test_a_workbook_without_a_table_is_a_problem_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Sheet1").write(0, 0, "x")
    issues = Issues()
    assert not locate([path], {}, issues)
    assert _codes(issues)[-1] == ("x.xlsx", None, "no_sheet_named_as_table", "problem")


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("", "utf-8")
    for path, code in ((tmp_path / "nowhere", "no_such_path"), (tmp_path / "a.doc", "unsupported_suffix")):
        with pytest.raises(FileReadError) as refused:
            locate([path], {}, Issues())
        assert refused.value.message.code == f"sources.{code}"


def test_the_mark_of_simulated_data(tmp_path: Path) -> None:
    origin = tmp_path / "origin.json"
    assert not simulated([tmp_path])
    for text, marked in (
        ('{"made_up": true}', True),
        ('{"made_up": false}', False),
        ('{"tables": "0a"}', False),
    ):
        origin.write_text(text, "utf-8")
        assert simulated([tmp_path]) is marked and simulated([tmp_path / "a.csv"]) is marked
    origin.write_text("{", "utf-8")
    with pytest.raises(FileReadError, match=r"origin\.json"):
        simulated([tmp_path])


def test_what_has_a_name_of_a_table_and_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "teachers.csv")
    os.mkfifo(tmp_path / "other.csv")
    for path in (tmp_path, tmp_path / "teachers.csv", tmp_path / "other.csv"):
        with pytest.raises(FileReadError) as refused:
            locate([path], {}, Issues())
        assert refused.value.message.code == "sources.not_a_regular_file"
    (tmp_path / "teachers.csv").unlink()
    assert not locate([tmp_path], {}, Issues())
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text("a\n", "utf-8")
    with pytest.raises(FileReadError) as refused:
        locate([tmp_path], {}, Issues())
    assert refused.value.message.code == "sources.name_not_text"


@pytest.mark.parametrize("content", ["[" * 100_000, '{"made_up": NaN}', '{"made_up": 1' + "0" * 5000 + "}", "[1]"])
def test_a_mark_that_is_no_plain_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "origin.json").write_text(content, "utf-8")
    with pytest.raises(FileReadError) as refused:
        simulated([tmp_path])
    assert refused.value.message.code == "sources.origin_not_json"
