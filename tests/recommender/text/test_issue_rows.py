"""The sentence of an issue in both languages, and its row of `data check --json`."""

from __future__ import annotations

import pytest

from features.messages import message
from features.sources.issue import Issue, with_example
from recommender.text.issue_rows import MAX_LENGTH, issue_row, issue_sentence

NUMBER = with_example(message("sources.a_number"), "12")


@pytest.mark.parametrize(
    ("issue", "zh", "en"),
    [
        (
            Issue("a.xlsx", "课程", 3, "C", "学时", "五十", NUMBER),
            "a.xlsx[课程] 第 3 行 C 列「学时」:填的是「五十」,请填数字,如 12。",
            'a.xlsx[课程] row 3, column C "学时": found "五十"; expected a number, e.g. 12.',
        ),
        (
            Issue("a.csv", None, 2, "", "", "", message("sources.overlong_row")),
            "a.csv 第 2 行:这一行的列数比表头多(可能多了一个逗号),请改。",
            "a.csv row 2: expected no more cells than the header has; a stray comma?.",
        ),
        (
            Issue("a.csv", None, None, "C", "", "", message("sources.column_without_header"), "note"),
            "a.csv C 列:此列没有表头,不导入。",
            "a.csv column C: a column without a header; it is left out.",
        ),
        (
            Issue(
                "results", None, None, "", "unit_id", "S1", message("sources.read_as", value="S01"), "note"
            ),
            "results「unit_id」:「S1」按「S01」读取,请确认。",
            "results column \"unit_id\": 'S1': read as S01; please confirm.",
        ),
        (
            Issue("a.csv", None, None, "", "", "", message("sources.file_not_named_as_table")),
            "a.csv:文件名不是数据表名(如 organizations、teachers、competencies),未导入。",
            "a.csv: expected not named as a table; left out.",
        ),
    ],
)
def test_a_sentence_says_place_value_and_what_is_expected(issue: Issue, zh: str, en: str) -> None:
    assert issue_sentence(issue, "zh") == zh
    assert issue_sentence(issue, "en") == en


def test_a_long_cell_is_cut_in_the_sentence_and_whole_in_the_row() -> None:
    text = "长" * (MAX_LENGTH + 1)
    issue = Issue("a.csv", None, 2, "A", "学时", text, NUMBER)
    assert "长" * MAX_LENGTH + "…" in issue_sentence(issue) and text not in issue_sentence(issue)
    assert issue_row(issue)["value"] == text


def test_braces_in_a_cell_are_text() -> None:
    issue = Issue("{a}.csv", None, 2, "A", "{b}", "{c}", NUMBER)
    assert (
        issue_sentence(issue, "en")
        == '{a}.csv row 2, column A "{b}": found "{c}"; expected a number, e.g. 12.'
    )


def test_a_row_has_the_keys_of_the_contract() -> None:
    issue = Issue("a.csv", None, 3, "C", "学时", "五十", NUMBER)
    assert issue_row(issue, "en") == {
        "file": "a.csv", "sheet": None, "row": 3, "column": "C 学时", "value": "五十", "expected": "a number",
        "example": "12", "severity": "problem", "message": issue_sentence(issue, "en"),
    }  # fmt: skip
    assert issue_row(Issue("a.csv", None, None, "", "", "", NUMBER))["column"] is None
