"""The words that reasons share: names of coded values, numbers and dates."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pandas as pd

ABSENT: Final = ("未记录", "not recorded")
MODE: Final = {
    "online": ("线上", "online"),
    "offline": ("线下", "on site"),
    "blended": ("线上线下混合", "blended"),
}
CATEGORY: Final = {
    "public": ("公需科目", "public"),
    "professional": ("专业科目", "professional"),
    "elective": ("选修", "elective"),
    "any": ("各类", "any category"),
}


class BilingualText(NamedTuple):
    """One sentence in each language."""

    zh: str
    en: str


def number(value: float) -> str:
    """As few digits as say it: 12, 1.5, 0."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def day(value: Any) -> str | None:
    """ISO date of a cell, None for an empty one."""
    return None if pd.isna(value) else f"{value:%Y-%m-%d}"
