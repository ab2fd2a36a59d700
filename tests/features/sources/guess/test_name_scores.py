"""Headers and the columns that they name."""

from __future__ import annotations

import pytest

from features.schema import TABLES
from features.sources.guess.name_scores import name_score, table_hint


@pytest.mark.parametrize(
    ("header", "column", "reason"),
    [
        ("工号", "teacher_id", "name"), ("教职工号*", "teacher_id", "synonym"), ("周课时（节）", "weekly_lessons", "name"),
        ("任教情况 学科", "subject", "name"),
        ("参加工作日期（年月）", "start_date", "name"), ("任教学科目", "subject", "similar"),
    ],
)  # fmt: skip
def test_a_header_names_a_column(header: str, column: str, reason: str) -> None:
    scores = {c.name: name_score(header, TABLES["teachers"], c.name) for c in TABLES["teachers"].columns}
    best = max((name for name, score in scores.items() if score), key=lambda name: scores[name].score)  # type: ignore[union-attr]
    assert best == column and scores[best].reason == reason  # type: ignore[union-attr]


@pytest.mark.parametrize("header", ["", "性别", "备注", "籍贯"])
def test_other_headers_name_none(header: str) -> None:
    assert all(name_score(header, TABLES["teachers"], c.name) is None for c in TABLES["teachers"].columns)


def test_no_word_of_offices_names_two_columns_of_a_table() -> None:
    for table in TABLES.values():
        for column in table.columns:
            for word in (column.name, column.zh):
                best = max(table.columns, key=lambda other: getattr(name_score(word, table, other.name), "score", 0.0))
                assert best.name == column.name, (table.name, word)


def test_names_of_files_speak_of_tables() -> None:
    assert table_hint("南山区2026年师资名册.xlsx") == {"teachers"}
