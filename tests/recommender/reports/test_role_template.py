"""The workbook of a role: printed, filled in, and read back without its examples."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from features.errors import UsageError
from features.schema import TABLES
from features.schema.coded_values import code_of
from features.sources.read.isolated.file_reader import read_sheet, sheet_names
from features.sources.read_tables import read_tables
from recommender.reports.role_template import choices_of, example_of, roles, sheets_of, write_role_template
from recommender.text import Lang


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("role", roles())
def test_it_has_the_roles_sheets_and_prints(tmp_path: Path, role: str, lang: Lang) -> None:
    path = tmp_path / "表.xlsx"
    write_role_template(path, role, lang)
    assert tuple(sheet_names(path)[1:]) == sheets_of(role)
    for name in sheets_of(role):
        sheet = read_sheet(path, name)
        assert len(sheet.header) == len(TABLES[name].columns) and len(sheet.rows) == 1
    with zipfile.ZipFile(path) as book:
        pages = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        titles = book.read("xl/workbook.xml").decode().count("_xlnm.Print_Titles")
    assert titles == len(sheets_of(role))  # the header on every page
    assert all('fitToHeight="0"' in page and 'paperSize="9"' in page for page in pages)
    assert sum("<dataValidation " in page for page in pages) >= len(pages) // 2


def test_every_word_to_choose_is_understood() -> None:
    for table in TABLES.values():
        for column in table.columns:
            for lang in ("zh", "en"):
                codes = [code_of(word, column.choices) for word in choices_of(column, lang)]
                assert codes == (list(column.choices) if column.kind != "list" else []), (table.name, column.name, codes)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_examples_are_rows_that_could_be_read(tmp_path: Path, lang: Lang) -> None:
    """Without its mark, each example is a row without a problem of its own."""
    for name in dict.fromkeys(name for role in roles() for name in sheets_of(role)):
        header = ",".join(column.name for column in TABLES[name].columns)
        cells = [cell.removeprefix("【示例】").removeprefix("[example]") for cell in example_of(TABLES[name], lang)]
        (tmp_path / f"{name}.csv").write_text(f"{header}\n{','.join(cells)}\n", "utf-8")
    problems = [i for i in read_tables([tmp_path]).issues if i.severity == "problem"]
    assert {i.value for i in problems} <= {"D01", "S07-601", "0105"}, [str(i) for i in problems]  # of other tables


def test_examples_are_left_out_and_named(tmp_path: Path) -> None:
    write_role_template(tmp_path / "表.xlsx", "school")
    (tmp_path / "organizations.csv").write_text("org_id,name,kind\nS1,示例小学,school\n", "utf-8")
    (tmp_path / "competencies.csv").write_text("competency_id,name_zh,name_en,framework,version\nK,甲,A,F,1\n", "utf-8")
    (tmp_path / "teachers.csv").write_text(
        "teacher_id,school_id,role,stage,subject\n【示例】0101,S1,teacher,primary,数学\n0102,S1,teacher,primary,数学\n", "utf-8"
    )
    result = read_tables([tmp_path])
    assert result.accepted and list(result.tables["teachers"]["teacher_id"]) == ["0102"]
    notes = [issue for issue in result.issues if issue.expected.code == "templates.example_rows"]
    assert {note.file for note in notes} == {"表.xlsx", "teachers.csv"} and all("2" in str(note.expected) for note in notes)


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="city"):
        write_role_template(tmp_path / "表.xlsx", "street")
    assert not list(tmp_path.iterdir())
