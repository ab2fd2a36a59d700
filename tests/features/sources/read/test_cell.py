import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schema import TABLES, Column
from features.sources.read.cell import CellError, read_cell
from recommender.text import render

ID, DAY = Column("id", "代码", "id"), Column("day", "日期", "date")
HOURS = Column("h", "学时", "number", low=0.0)


@pytest.mark.parametrize(
    "text", ["2026-09-01", "2026.9.1", "2026/9/1", "20260901", "2026年9月1日", "2026-09-01 00:00:00"]
)
def test_the_ways_offices_write_a_date(text):
    assert read_cell(text, DAY) == date(2026, 9, 1)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "9/1/2026", "202691", "昨天"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(CellError, match="a date"):
        read_cell(text, DAY)


def test_words_are_not_numbers_and_the_error_speaks_both_languages():
    with pytest.raises(CellError) as caught:
        read_cell("五十", HOURS)
    assert (
        render(caught.value.expected, "zh") == "请填数字"
        and render(caught.value.expected, "en") == "a number"
    )


@pytest.mark.parametrize("text", ["nan", "inf", "1_000", "-1", "1e999"])
def test_what_python_takes_for_a_number_but_a_ledger_does_not(text):
    with pytest.raises(CellError):
        read_cell(text, HOURS)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12节", 12), ("１２ 学时", 12), ("第3期", 3), ("1,200元", 1200), ("1,234.5", 1234.5), ("45人", 45), ("30h", 30)],
)
def test_numbers_with_a_unit_an_ordinal_or_thousands(text, number):
    assert read_cell(text, HOURS) == number


@pytest.mark.parametrize("text", ["12-15", "节", "1,20", "12节课外", "第节"])
def test_what_is_more_than_a_number_with_a_unit_is_refused(text):
    with pytest.raises(CellError):
        read_cell(text, HOURS)


def test_names_of_ladder_steps_and_roles():
    columns = {c.name: c for c in TABLES["teachers"].columns}
    assert [read_cell(w, columns["ladder_step"]) for w in ("骨干教师", "新入职教师", "校长")] == ["T3", "T1", "P3"]
    assert read_cell("校长", columns["role"]) == "principal"
    location = TABLES["organizations"].column("location")
    assert [read_cell(w, location) for w in ("城市", "县镇", "农村")] == ["urban", "town", "rural"]


def test_full_width_digits_are_digits():
    assert read_cell("５０", HOURS) == 50.0


def test_an_id_in_scientific_notation_has_lost_digits():
    with pytest.raises(CellError, match="lost digits"):
        read_cell("4.40301E+17", ID)
    assert read_cell(" 007 ", ID) == "007"


def test_lists_are_cut_at_every_separator_in_use():
    assert read_cell("语文;数学、英语, 科学", Column("s", "学科", "list")) == ("语文", "数学", "英语", "科学")


def test_open_and_closed_limits():
    weight = next(c for c in TABLES["targets"].columns if c.name == "weight")
    reliability = next(c for c in TABLES["assessment_dimensions"].columns if c.name == "reliability")
    assert read_cell("0", weight) == 0.0
    assert read_cell("1", reliability) == 1.0
    with pytest.raises(CellError, match="above 0 and at most 1"):
        read_cell("0", reliability)


@pytest.mark.parametrize("column", [c for t in TABLES.values() for c in t.columns], ids=lambda c: c.name)
@given(text=st.text(max_size=20))
@pytest.mark.slow
def test_any_text_is_read_or_refused_with_an_example_that_is_read(column, text):
    try:
        read_cell(text, column)
    except CellError as error:
        assert read_cell(error.expected.values["example"], column) is not None


def test_coded_values_may_be_written_in_chinese():
    columns = {c.name: c for c in TABLES["courses"].columns}
    assert read_cell("线上", columns["mode"]) == "online"
    assert read_cell("小学、初中", columns["stages"]) == ("primary", "junior")
    with pytest.raises(CellError, match="one of lecture"):
        read_cell("线上", columns["form"])


@pytest.mark.parametrize("text", ["10E2", "0001E3", "5e3", "12E+1x", "7E", "E5", "３０１Ｅ２"])
def test_an_id_with_an_e_is_an_id(text):
    assert read_cell(text, ID) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["4.40301E+17", "4E+17", "4.4e17", "4.40301200801020e+17"])
def test_only_the_form_of_spreadsheets_has_lost_digits(text):
    with pytest.raises(CellError):
        read_cell(text, ID)


def test_a_character_that_was_lost_is_a_problem_in_any_column():
    with pytest.raises(CellError):
        read_cell("王\ufffd", Column("name", "姓名"))
