"""[[table]] sections on files of other shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import FileReadError
from features.sources.read_tables import ReadResult, read_tables

HEAD = '[[table]]\nname = "targets"\nfile = "t.csv"\n[table.columns]\n'


@pytest.fixture
def read(sound: Path, tmp_path: Path):
    """Reads `t.csv` as the table targets, beside the sound city."""
    existing = read_tables([sound]).tables.frames

    def made(columns: str, text: str) -> ReadResult:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        (folder / "t.csv").write_text(text, "utf-8")
        (tmp_path / "map.toml").write_text(HEAD + columns, "utf-8")
        return read_tables([folder], tmp_path / "map.toml", existing)

    return made


def test_map_prefix_suffix_and_value(read) -> None:
    columns = 'competency_id = { from = "能力", map = { "甲" = "1" }, prefix = "K" }\nrole = { value = "teacher" }\ntarget = "值"'
    frame = read(columns, "能力,值\n甲,0.5\n2,1\n").tables["targets"]
    assert frame["competency_id"].tolist() == ["K1", "K2"] and frame["role"].tolist() == ["teacher"] * 2
    assert frame["target"].tolist() == [0.5, 1.0]


def test_columns_are_joined_and_whole_numbers_lose_their_point(read) -> None:
    result = read('competency_id = ["a", "b"]\ntarget = { value = 1 }', "a,b\n1.0,x\n2.0,\n")
    values = [(i.row, i.value) for i in result.issues if i.header == "a+b" and i.severity == "problem"]
    assert sorted(values) == [(2, "1-x"), (3, "")]  # an id with an empty part is empty


def test_wide_columns_become_rows_and_empty_cells_none(read) -> None:
    columns = 'stage = "学段"\nwide = { from = ["K1", "K2"], into = ["competency_id", "target"] }'
    frame = read(columns, "学段,K1,K2\n小学,0.5,1\n初中,2,\n").tables["targets"]
    assert sorted(zip(frame["competency_id"], frame["target"], strict=True)) == [
        ("K1", 0.5),
        ("K1", 2.0),
        ("K2", 1.0),
    ]


def test_a_missing_source_column_is_a_problem_that_lists_the_headers(read) -> None:
    issues = read('competency_id = "nope"\ntarget = "值"', "能力,值\nK1,1\n").issues
    (issue,) = [i for i in issues if i.expected.code == "sources.missing_source_column"]
    assert issue.expected.values == {"header": "nope", "headers": "能力、值"} and issue.row == 1


def test_an_id_card_column_is_left_out(read) -> None:
    result = read('competency_id = "身份证号"\ntarget = "值"', "身份证号,值\n11010519491231002X,1\n")
    assert "sources.id_card_column" in [i.expected.code for i in result.issues]
    assert "11010519491231002X" not in str(result.issues)


def test_years_become_days(broken, tmp_path: Path) -> None:
    folder = broken(teachers="")
    (folder / "teachers.csv").unlink()
    (folder / "roll.csv").write_text("id,years\nT1,6\nT2,0.5\nT3,many\n", "utf-8")
    (tmp_path / "map.toml").write_text(
        '[[table]]\nname = "teachers"\nfile = "roll.csv"\n[table.columns]\nteacher_id = "id"\n'
        'school_id = { value = "S1" }\nrole = { value = "teacher" }\nstage = { value = "primary" }\n'
        'subject = { value = "数学" }\nstart_date = { from = "years", years_before = 2026-09-01 }\n',
        "utf-8",
    )
    result = read_tables([folder], tmp_path / "map.toml")
    assert result.tables["teachers"]["start_date"].dt.strftime("%F").fillna("").tolist() == ["2020-09-01", "2026-03-01", ""]
    assert [(i.row, i.value) for i in result.issues if i.severity == "problem"] == [(4, "many")]


def test_an_absent_sheet_is_named(sound: Path, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "t.xlsx")) as book:
        book.add_worksheet("在编").write(0, 0, "能力")
    (tmp_path / "map.toml").write_text(
        '[[table]]\nname = "targets"\nfile = "t.xlsx"\nsheet = "退休"\n[table.columns]\ntarget = "x"\n',
        "utf-8",
    )
    with pytest.raises(FileReadError) as refused:
        read_tables([sound], tmp_path / "map.toml")
    assert refused.value.message.values["sheets"] == ("在编",)
