"""The page on mapped files: each piece of its example is read, each result compared, each key is listed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from features.errors import UsageError
from features.sources.map.read_mapping import read_mapping
from features.sources.read_tables import ReadResult, read_tables

PAGE = "mapped-files.md"
SOURCE = re.compile(r"`(source/\S+?)`(?:，工作表 `(\S+?)`)?")
RESULT = re.compile(r"→ `(\w+)`")
FILE = re.compile(r'file +?= "(.+?)"')
KEYS = re.compile(r"\(known: (.+?)\)")


@pytest.fixture(scope="module")
def pieces(blocks: Callable[[str], Any]) -> list[str]:
    """The parts of `district.toml`."""
    return [block.text for block in blocks(PAGE) if block.language == "toml"]


@pytest.fixture(scope="module")
def district(folder: Path, blocks: Callable[[str], Any], pieces: list[str]) -> Path:
    """The mapped file of the page, its source files beside it in `source`."""
    (folder / "source").mkdir()
    for block in blocks(PAGE):
        named = SOURCE.match(block.before)
        if named and block.language == "csv":
            _write(folder / named[1], named[2], block.text)
    path = folder / "district.toml"
    path.write_text("\n\n".join(pieces), "utf-8")
    return path


@pytest.fixture(scope="module")
def reading(district: Path) -> ReadResult:
    """What the whole example becomes."""
    return read_tables([district.parent / "source"], district)


def test_the_example_has_no_problems(reading: ReadResult) -> None:
    assert reading.accepted, [str(p.expected) for p in reading.issues if p.severity == "problem"]
    assert not reading.tables.made_up


def test_every_result_is_what_the_page_shows(reading: ReadResult, blocks: Callable[[str], Any]) -> None:
    shown = [(RESULT.match(b.before), b.text) for b in blocks(PAGE) if b.language == "csv"]
    results = [(named[1], text) for named, text in shown if named]
    assert [name for name, _ in results] == [
        "teachers", "organizations", "competencies", "observations", "results", "classes", "surveys",
    ]  # fmt: skip
    for name, text in results:
        expected = list(csv.DictReader(io.StringIO(text)))
        frame = reading.tables[name]
        assert [_row(record, expected[0]) for record in frame.to_dict("records")] == expected, name


def test_the_tables_that_come_beside_are_there(reading: ReadResult) -> None:
    assert reading.tables["assessments"]["programme"].tolist() == ["district_exam"]
    assert reading.tables["assessment_dimensions"]["dimension"].tolist() == ["GEO", "NUM"]
    assert len(reading.tables["result_covariances"]) == 1
    assert reading.tables["indicators"]["competency_id"].tolist() == ["AIM"]


def test_every_piece_stands_alone(district: Path, pieces: list[str], reading: ReadResult) -> None:
    existing = reading.tables.frames
    for i, piece in enumerate(pieces):
        if not piece.startswith("[["):
            continue  # words for subjects alone are no mapped file
        path = district.with_name(f"piece-{i}.toml")
        path.write_text(piece, "utf-8")
        patterns = FILE.findall(piece)
        used = [f for f in (district.parent / "source").iterdir() if any(f.match(p) for p in patterns)]
        alone = read_tables(used, path, existing)
        assert alone.accepted, [str(p.expected) for p in alone.issues]
        for name in alone.read:
            pd.testing.assert_frame_equal(alone.tables[name], reading.tables[name])


def test_a_subject_by_another_name(district: Path, pieces: list[str]) -> None:
    register = district.parent / "source" / "师资名册2026.xlsx"
    before = register.read_bytes()
    sheet = "工号,学校代码,学校名称,学段,任教学科,教龄,状态\n0105,07,示例小学,小学,国学,3,在职"
    _write(register, "在编", f",,,,,,\n,,,,,,\n{sheet}")
    try:
        assert read_tables([register.parent], district).tables["teachers"]["subject"].tolist() == ["语文"]
    finally:
        register.write_bytes(before)


def test_the_commands_of_the_page(
    district: Path, blocks: Callable[[str], Any], run: Callable[[str], int]
) -> None:
    lines = [line for b in blocks(PAGE) if b.language == "console" for line in b.text.splitlines()]
    assert len(lines) == 2 and [run(line) for line in lines] == [0, 0]
    assert (district.parent / "workspace" / "tables" / "teachers.parquet").exists()


@pytest.mark.parametrize(
    ("section", "mapping"),
    [
        ("`[[table]]`", '[[table]]\nname = "teachers"\nfile = "a.csv"\n{} = 1'),
        ("`[[pupils]]`", '[[pupils]]\nassessment = "A"\n{} = 1'),
        ("`[[ratings]]`", '[[ratings]]\nsurvey = "A"\n{} = 1'),
    ],
)
def test_every_key_is_on_the_page_and_no_other(
    docs: Path, tmp_path: Path, section: str, mapping: str
) -> None:
    rows = _rows_after((docs / PAGE).read_text("utf-8"), f"\n{section}")
    listed = {key.strip() for row in rows for key in row[0].split(",")}
    assert listed == _known(tmp_path, mapping.format("nonsense"))


def test_every_way_to_make_a_column_is_on_the_page(docs: Path, tmp_path: Path) -> None:
    rows = _rows_after((docs / PAGE).read_text("utf-8"), "\n`[table.columns]`")
    ways = {key for row in rows for key in re.findall(r"(\w+) = ", row[0])} - {"3"}
    column = '[[table]]\nname = "teachers"\nfile = "a.csv"\n[table.columns]\nrole = { nonsense = 1 }'
    assert ways == _known(tmp_path, column)
    for row in rows:
        path = tmp_path / "way.toml"
        path.write_text(
            f'[[table]]\nname="teachers"\nfile="a.csv"\n[table.columns]\nrole = {row[0].strip("`")}'
        )
        assert "role" in read_mapping(path).tables[0].columns


def test_every_filter_keeps_the_rows_it_says(docs: Path, district: Path, pieces: list[str]) -> None:
    rows = _rows_after((docs / PAGE).read_text("utf-8"), "\n## 只要一些行")
    assert len(rows) == 5
    for where, kept in rows:
        path = district.with_name("filter.toml")
        path.write_text(pieces[0].replace("状态 == '在职'", where.strip("`")), "utf-8")
        result = read_tables([district.parent / "source"], path).tables["teachers"]
        assert result["teacher_id"].tolist() == kept.split(), where


def _write(path: Path, sheet: str | None, text: str) -> None:
    """A CSV file as it stands, or a workbook with it as text cells."""
    if path.suffix == ".csv":
        path.write_text(text + "\n", "utf-8")
        return
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for i, row in enumerate(csv.reader(io.StringIO(text))):
            for j, cell in enumerate(row):
                page.write_string(i, j, cell)


def _row(record: dict[Any, Any], shown: Iterable[str]) -> dict[str, str]:
    """The columns that the page shows, as it writes them."""
    return {name: _cell(record[name]) for name in shown}


def _cell(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def _rows_after(text: str, start: str) -> list[list[str]]:
    """The body of the first table of the page behind `start`."""
    lines = text[text.index(start) :].lstrip("\n").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return table


def _known(folder: Path, mapping: str) -> set[str]:
    """The keys that the reader names when it refuses an unknown one."""
    path = folder / "unknown.toml"
    path.write_text(mapping, "utf-8")
    with pytest.raises(UsageError) as refused:
        read_mapping(path)
    named = KEYS.search(str(refused.value))
    assert named is not None
    return set(named[1].split(", "))
