"""Filters of a mapped file: what they keep, and that nothing else runs."""

from __future__ import annotations

import numpy as np
import pytest

from features.errors import UsageError
from features.sources.map.row_filter import rows_where
from features.sources.read.sheet import Sheet, texts

SHEET = Sheet(
    "a.csv", None, ("任教学科(主)", "教 龄", "x"),
    (texts(["数学", "语文", ""]), texts(["3", "12", "x"]), texts(["1", "2", "3"])), np.array([2, 3, 4]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("`任教学科(主)` == '数学'", [True, False, False]),
        ("`教 龄` >= 10 or `任教学科(主)` == ''", [False, True, True]),
        ("x in ['1', '3'] and not x == '3'", [True, False, False]),
        ("1 < x <= 3", [False, True, True]),
    ],
)
def test_filters_keep_what_they_say(condition: str, kept: list[bool]) -> None:
    assert rows_where(SHEET, condition).tolist() == kept


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os')", "x.y == 1", "x == open('f')", "y == 1", "x = 1", "`教 龄", "(" * 200, "True",
        "not " * 3000 + "x == 1", "x == " + "-" * 20_000 + "1",
    ],
)  # fmt: skip
def test_anything_else_is_refused(condition: str) -> None:
    with pytest.raises(UsageError, match="filter"):
        rows_where(SHEET, condition)
