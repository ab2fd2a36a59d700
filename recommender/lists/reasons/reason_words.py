"""The words that reasons share: names of coded values, numbers and dates."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.messages import BilingualText

__all__ = ["BilingualText", "day", "number"]


def number(value: float) -> str:
    """As few digits as say it: 12, 1.5, 0."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def day(value: Any) -> str | None:
    """ISO date of a cell, None for an empty one."""
    return None if pd.isna(value) else f"{value:%Y-%m-%d}"
