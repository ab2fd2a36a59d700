"""Mapping files: what they become, and errors that name the section, the key and what it takes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.errors import FileReadError, UsageError
from features.sources.map.mapping_spec import ColumnSpec, LinkedColumnSpec, LinkedPriorScoreSpec
from features.sources.map.read_mapping import MappingFile, read_mapping
from features.sources.read.locate import Claim

TABLE = '[[table]]\nname = "teachers"\nfile = "a.csv"\n'
PUPILS = '[[pupils]]\nfile = "s.csv"\nassessment = "A"\nclass = ["c"]\npupil = "id"\nscores = { N = "n", G = ["g1", "g2"] }\n'
RATINGS = '[[ratings]]\nfile = "r.csv"\nsurvey = "F"\ndate = 2026-06-10\nitems = ["q1"]\nscale = [1, 4]\nteacher = "t"\n'


@pytest.fixture
def read(tmp_path: Path):
    def made(text: str) -> MappingFile:
        (tmp_path / "map.toml").write_text(text, "utf-8")
        return read_mapping(tmp_path / "map.toml")

    return made


def test_short_forms_stand_for_long_ones(read) -> None:
    columns = 'role = "r"\ntitle = ["a", "b"]\nname = { value = 3 }\n'
    wide = 'wide = { from = ["x"], into = ["stage", "subject"] }\n'
    mapping = read(f"{TABLE}[table.columns]\n{columns}{wide}")
    table = mapping.tables[0]
    assert table.columns["role"] == ColumnSpec.of("r") and table.columns["title"].sources == ("a", "b")
    assert table.columns["name"].value == "3" and set(table.columns) == {"role", "title", "name"}
    assert table.wide is not None and (table.wide.item, table.wide.score) == ("stage", "subject")


def test_pupils_and_ratings(read) -> None:
    mapping = read(
        PUPILS + 'reliability = 0.8\nprior = { file = "p.csv", on = "id", scores = { N = "m" } }\ndate = 2026-06-25\n'
        'stage = "primary"\nsubject = "数学"\n'
        + RATINGS + 'reverse = true\npupil = "id"\n'.replace("reverse", "missing = [9]\nreverse")
    )  # fmt: skip
    pupils, ratings = mapping.pupils[0], mapping.ratings[0]
    assert pupils.scores == {"N": ("n",), "G": ("g1", "g2")} and pupils.reliability == {"N": 0.8, "G": 0.8}
    assert isinstance(pupils.prior, LinkedPriorScoreSpec) and pupils.prior.on == "id"
    assert pupils.about == {"subject": "数学", "date": "2026-06-25", "stage": "primary"}
    assert ratings.items == {"q1": "q1"} and ratings.reverse == ("q1",) and ratings.missing == (9.0,)
    assert [source.file for source in mapping.sources] == ["s.csv", "r.csv", "p.csv"]


def test_a_linked_teacher_is_a_source_of_its_own(read) -> None:
    text = (
        RATINGS.replace('"t"', '{ file = "l.csv", on = "id", from = "t", prefix = "T" }') + 'pupil = "id"\n'
    )
    mapping = read(text)
    assert (
        isinstance(mapping.ratings[0].teacher, LinkedColumnSpec) and mapping.ratings[0].teacher.prefix == "T"
    )
    assert [source.file for source in mapping.sources] == ["r.csv", "l.csv"]


def test_years_before_is_a_day(read) -> None:
    for day in ("2026-09-01", '"2026-09-01"'):
        table = read(f'{TABLE}columns = {{ start_date = {{ from = "y", years_before = {day} }} }}').tables[0]
        assert table.columns["start_date"].years_before == date(2026, 9, 1)


def test_classes_take_their_id_from_the_pupils_of_the_same_file(read) -> None:
    classes = '[[table]]\nname = "classes"\nfile = "s.csv"\n[table.columns]\nterm = "t"\n'
    assert read(classes + PUPILS).tables[0].columns["class_id"].sources == ("c",)
    assert "class_id" not in read(classes.replace("s.csv", "o.csv") + PUPILS).tables[0].columns
    own = classes.replace('"s.csv"\n', '"s.csv"\nclass = "k"\n')
    assert read(own + PUPILS).tables[0].columns["class_id"].sources == ("k",)


@pytest.mark.parametrize(
    ("text", "section", "code", "values"),
    [
        (f"{TABLE}nonsense = 1", "[[table]] teachers", "mapping_unknown_key", {"key": "nonsense"}),
        (f'{TABLE}columns = {{ nope = "x" }}', "[[table]] teachers", "mapping_unknown_key", {"key": "nope"}),
        (f"{TABLE}columns = 1", "[[table]] teachers", "mapping_columns_below", {}),
        (f"{TABLE}columns = {{ role = 1 }}", "[[table]] teachers: columns.role", "takes_column_spec", {}),
        (f'{TABLE}columns = {{ role = {{ from = "a", map = {{ "1" = 2 }} }} }}',
         "[[table]] teachers: columns.role.map", "takes_text_map", {}),
        (f'{TABLE}columns = {{ role = {{ from = "a", value = 1 }} }}',
         "[[table]] teachers: columns.role", "mapping_from_or_value", {}),
        (f'{TABLE}columns = {{ role = {{ value = 1, prefix = "a" }} }}',
         "[[table]] teachers: columns.role", "mapping_value_alone", {}),
        (f"{TABLE}header = 0", "[[table]] teachers: header", "takes_row_number", {}),
        (f"{TABLE}header = true", "[[table]] teachers: header", "takes_row_number", {}),
        (f"{TABLE}header = [4, 3]", "[[table]] teachers: header", "takes_row_number", {}),
        (f'{TABLE}encoding = "klingon"', "[[table]] teachers: encoding", "takes_encoding", {}),
        (f'{TABLE}encoding = "hex"', "[[table]] teachers: encoding", "takes_encoding", {}),
        (f'{TABLE}separator = ";;"', "[[table]] teachers: separator", "takes_separator", {}),
        (f'{TABLE}dates = "myd"', "[[table]] teachers: dates", "takes_date_order", {}),
        (f'{TABLE}columns = {{ role = {{ from = "r", file = "o.csv" }} }}',
         "[[table]] teachers: columns.role", "mapping_missing_key", {"key": "on"}),
        (f"{TABLE}unique = 1", "[[table]] teachers: unique", "takes_switch", {}),
        (TABLE.replace("a.csv", "a.doc"), "[[table]] teachers: file", "takes_file", {}),
        (TABLE.replace("teachers", "nobody"), "[[table]] nobody", "mapping_unknown_table", {"name": "nobody"}),
        (f'{TABLE}class = "c"', "[[table]] teachers", "mapping_class_elsewhere", {}),
        (f'{TABLE}wide = {{ from = ["a"], into = ["role"] }}', "[[table]] teachers: wide.into", "takes_two_columns", {}),
        (f'{TABLE}wide = {{ from = ["a"], into = ["role", "nope"] }}', "[[table]] teachers", "mapping_wide_into", {}),
        (PUPILS.replace('pupil = "id"\n', ""), "[[pupils]] A", "mapping_missing_key", {"key": "pupil"}),
        (PUPILS.replace('["c"]', '["c", "c"]'), "[[pupils]] A: class.from", "takes_column_or_columns", {}),
        (f"{PUPILS}reliability = 1.5", "[[pupils]] A: reliability", "takes_shares", {}),
        (f"{PUPILS}reliability = {{ X = 0.5 }}", "[[pupils]] A", "mapping_unknown_dimension", {"name": "X"}),
        (f"{PUPILS}missing = [true]", "[[pupils]] A: missing", "takes_missing_codes", {}),
        (f'{PUPILS}prior = {{ scores = {{ X = "m" }} }}', "[[pupils]] A", "mapping_prior_scores", {}),
        (f'{PUPILS}prior = {{ file = "p.csv", scores = {{ N = "m" }} }}',
         "[[pupils]] A: prior", "mapping_missing_key", {"key": "on"}),
        (f'{PUPILS}teacher = "t"', "[[pupils]] A", "mapping_teacher_and_school", {}),
        (f"{PUPILS}date = 2026-01-01", "[[pupils]] A", "mapping_rows_also_need", {"keys": "stage, subject"}),
        (f'{PUPILS}grade = "4"', "[[pupils]] A", "mapping_needs_date_or_teacher", {"keys": "grade"}),
        (RATINGS.replace("[1, 4]", "[4, 1]"), "[[ratings]] F: scale", "takes_scale", {}),
        (f'{RATINGS}reverse = ["q9"]', "[[ratings]] F", "mapping_reverse_items", {}),
        ("table = 1", "table", "takes_sections", {}),
        (f'{TABLE}[subjects]\n"a" = 1', "subjects", "takes_text_map", {}),
        ("[subjects]\n'a' = 'b'", None, "mapping_empty", {}),
    ],
)  # fmt: skip
def test_an_error_names_its_section_and_rule(
    read, text: str, section: str | None, code: str, values: dict[str, Any]
) -> None:
    with pytest.raises(UsageError) as refused:
        read(text)
    reason = refused.value.message.values["reason"]
    assert section is None or reason.values["section"] == section
    rule = reason.values["rule"]
    takes = rule.values.get("takes")
    assert f"sources.{code}" in (rule.code, getattr(takes, "code", None))
    assert values.items() <= rule.values.items()


def test_files_that_cannot_be_read(read, tmp_path: Path) -> None:
    for text in ("x = [", "[[table"):
        with pytest.raises(FileReadError) as refused:
            read(text)
        assert refused.value.message.code == "sources.mapping_not_toml"
    with pytest.raises(FileReadError) as refused:
        read_mapping(tmp_path / "nowhere.toml")
    assert refused.value.message.code == "sources.mapping_unreadable"


def test_files_are_found_under_the_paths_then_beside_the_mapping(read, tmp_path: Path) -> None:
    mapping = read(TABLE.replace("a.csv", "a*.csv"))
    with pytest.raises(FileReadError) as refused:
        mapping.files(mapping.tables[0], [])
    assert refused.value.message.code == "sources.no_such_source"
    beside, folder = tmp_path / "a1.csv", tmp_path / "sub"
    folder.mkdir()
    for file in (beside, folder / "a2.csv", folder / "~$a3.csv", folder / "b.csv"):
        file.write_text("x\n", "utf-8")
    assert mapping.files(mapping.tables[0], []) == [beside]
    assert mapping.files(mapping.tables[0], [folder]) == [folder / "a2.csv"]
    assert mapping.claims([folder]) == {
        mapping.path.resolve(): Claim(), (folder / "a2.csv").resolve(): Claim(frozenset({"teachers"})),
    }  # fmt: skip


def test_a_file_of_too_many_sections_is_refused(read) -> None:
    assert len(read(TABLE * 500).tables) == 500
    with pytest.raises(UsageError) as refused:
        read(TABLE * 501)
    assert refused.value.message.code == "sources.mapping_too_long"
