"""Separators: by evidence, by a first line, or given; decimal commas with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.sources.read.csv_reader import read_csv
from features.sources.read.separator import separated
from features.sources.read_tables import read_tables

HEADER, ROWS = ["工号", "得分, 总分", "学科"], [["T1", "1", "数学"], ["T2", "2", "语文、英语"]]


def _quoted(cell: str, separator: str) -> str:
    return f'"{cell}"' if separator in cell else cell


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_separator_gives_the_same_sheet(tmp_path: Path, separator: str, end: str) -> None:
    path = tmp_path / "a.csv"
    lines = [separator.join(_quoted(cell, separator) for cell in row) for row in (HEADER, *ROWS)]
    path.write_bytes(end.join(lines).encode())
    sheet = read_csv(path)
    assert list(sheet.header) == HEADER and [c.to_pylist() for c in sheet.columns] == [list(c) for c in zip(*ROWS, strict=True)]
    assert sheet.decimal_comma == (separator == ";")


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("id,list\n1,a;b\n2,a;b;c\n", ","),  # lists within cells
        ("id;name\n1;Grün, Jörg\n2;Müller, Anna\n", ";"),  # commas within cells
        ("id\n1\n2\n", ","),
        ("", ","),
        ("a|b\n1|2\n", "|"),
        ("sep=|\na,x|b,y\n", "|"),
        ('"sep=;"\r\na\r\n', ";"),
        ("SEP=\t\na\tb\n", "\t"),
    ],
)
def test_the_separator_divides_most_evenly(text: str, separator: str) -> None:
    assert separated(text.encode()).separator == separator


def test_a_line_that_says_the_separator_is_no_row() -> None:
    assert separated(b"sep=;\r\na;b\r\n").data == b"a;b\r\n"
    assert separated(b"a,b;c\n", ";").separator == ";"


def test_a_title_above_the_header_does_not_decide(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("示例区成绩, 2026\n\nid;score\nT1;1\nT2;2\n", "utf-8")
    assert read_csv(path, (3,)).header == ("id", "score")


def test_a_whole_import_with_semicolons_and_decimal_commas(sound: Path) -> None:
    for path in sound.iterdir():
        path.write_text(path.read_text("utf-8").replace(",", ";").replace(";12;", ";12,5;"), "utf-8")
    result = read_tables([sound])
    assert result.accepted and result.tables["courses"]["hours"].tolist() == [12.5]
    notes = [i for i in result.issues if i.expected.code == "sources.decimal_comma"]
    assert [(i.file, i.header, i.value) for i in notes] == [("courses.csv", "hours", "12,5")]


def test_thousands_only_beside_decimal_commas(tmp_path: Path, sound: Path) -> None:
    text = (sound / "courses.csv").read_text("utf-8").replace(",", ";")
    (sound / "courses.csv").write_text(text.replace(";1000;50;", ";1.234,5;50;"), "utf-8")
    assert read_tables([sound]).tables["courses"]["fixed_cost"].tolist() == [1234.5]
    (sound / "courses.csv").write_text(text.replace(";1000;50;", ";1.234;50;"), "utf-8")
    assert read_tables([sound]).tables["courses"]["fixed_cost"].tolist() == [1.234]


def test_a_decimal_comma_between_commas_stays_a_problem(sound: Path) -> None:
    path = sound / "courses.csv"
    path.write_text(path.read_text("utf-8").replace(",12,", ',"12,5",'), "utf-8")
    assert not read_tables([sound]).accepted
