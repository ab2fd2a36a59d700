"""What the cells of a wide sheet are: numbers, words for an absence, the texts above its header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyarrow.compute as pc

from features.sources.map.pupil_rows import ABSENT
from features.sources.map.pupil_rows import MISSING as BLANK
from features.sources.read.sheet import Sheet, Texts, fold, half_width

NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?%?")
NO_SCORE: Final = frozenset({
    "缺", "请假", "病假", "事假", "休学", "转学", "缓考", "作弊", "违纪", "舞弊", "无", "无成绩", "未录", "未提交",
    "-", "--", "—", "/", "\\", "x", "×", "n/a", "na", "ex", "excused", "missing", "incomplete", "ab", "nil", "null", "none",
    "notattempted", "didnotattend", "#n/a", "*",
})  # fmt: skip
"""Words that stand for no score, besides those that every reader of scores knows."""


def different(cells: Texts) -> list[str]:
    """The different cells that are not empty, in the order in which they first stand."""
    values = (str(value).strip() for value in pc.unique(cells).to_pylist())
    return list(dict.fromkeys(value for value in values if value))


def numeric_share(values: Sequence[str]) -> float:
    """The share of the different cells that are numbers; words for an absence do not count. 0 without a number."""
    words = [v for v in values if fold(v) not in NO_SCORE and fold(v) not in ABSENT and v not in BLANK]
    return sum(is_number(v) for v in words) / len(words) if words else 0.0


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    return NUMBER.fullmatch(half_width(text).strip()) is not None


def words_for_no_score(values: Sequence[str]) -> list[str]:
    """The cells that say that there is no score and have to stand in `missing`."""
    return [v for v in values if fold(v) in NO_SCORE and fold(v) not in ABSENT and v not in BLANK]


def texts_above(first: Sheet, header: Sequence[int]) -> list[str]:
    """The cells above the header, of a sheet that was read from its first row on."""
    if header[0] <= first.header_row:
        return []
    texts = [cell for cell in first.header if cell]
    for i, number in enumerate(first.rows[: header[0]]):
        if number >= header[0]:
            break
        texts += [cell for column in first.columns if (cell := str(column[i].as_py()).strip())]
    return list(dict.fromkeys(texts))
