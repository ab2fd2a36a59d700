"""Headers of a sheet and columns of a table."""

from __future__ import annotations

import numpy as np

from features.schema import TABLES
from features.sources.issues import Issues
from features.sources.read.header import looks_like_id_cards, match, require
from features.sources.read.sheet import Sheet, texts

CARD = "11010519491231002X"  # the example of GB 11643


def test_columns_are_matched_by_any_name_and_others_are_left_out() -> None:
    header = ("教师编号", "school_id", "", "备注", "工号", "")
    columns = tuple(texts(cells) for cells in (["T1"], ["S1"], ["x"], ["y"], ["T2"], [" "]))
    issues = Issues()
    chunk = match(Sheet("a.csv", None, header, columns, np.array([2])), TABLES["teachers"], issues)
    assert {name: field.letter for name, field in chunk.fields.items()} == {
        "teacher_id": "A",
        "school_id": "B",
    }
    assert [(i.letter, i.expected.code.removeprefix("sources."), i.severity) for i in issues.items] == [
        ("C", "column_without_header", "note"), ("D", "unknown_column", "note"), ("E", "repeated_column", "problem"),
    ]  # fmt: skip
    require(chunk, TABLES["teachers"], issues)
    assert [i.header for i in issues.items[3:]] == ["身份", "学段", "任教学科"]


def test_id_cards_are_known_by_header_or_check_digit() -> None:
    assert looks_like_id_cards("身份证号", texts(["x"]))
    assert looks_like_id_cards("号码", texts([CARD, ""]))
    assert not looks_like_id_cards("号码", texts([CARD[:-1] + "1"]))
    assert not looks_like_id_cards("号码", texts([CARD, "T1"]))
