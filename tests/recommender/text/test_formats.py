"""Numbers, money and dates read the same everywhere, and keep the form that pages and files have had."""

from __future__ import annotations

from datetime import date

import pytest

from features.messages import BilingualText
from recommender.text import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (1.5, "1.5"),
        (0.0, "0"),
        (-0.04, "0"),
        (0.35, "0.3"),
        (100.0, "100"),
        (1234.5, "1,234.5"),
    ],
)
def test_a_number_has_at_most_one_decimal(value: float, text: str) -> None:
    assert formats.number(value) == text
    assert formats.number(value, grouping=False) == text.replace(",", "")


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        (9_999, "9,999 元", "9,999 yuan"),
        (10_000, "1 万元", "10,000 yuan"),
        (125_000, "12.5 万元", "125,000 yuan"),
        (3_000_000, "300 万元", "3.00m yuan"),
    ],
)
def test_money(yuan: float, zh: str, en: str) -> None:
    assert formats.money_text(yuan) == BilingualText(zh, en)


@pytest.mark.parametrize("number", range(1, 13))
def test_days_and_months(number: int) -> None:
    value = date(2026, number, 9)
    english = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][number - 1]
    assert formats.day(value, "en") == f"9 {english} 2026" and formats.month(value, "en") == f"{english} 2026"
    assert formats.day(value, "zh") == f"2026 年 {number} 月 9 日"
    assert formats.month(value, "zh") == f"2026 年 {number} 月"
    assert formats.iso(value) == f"2026-{number:02d}-09"
