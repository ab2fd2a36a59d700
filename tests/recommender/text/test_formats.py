"""Numbers, money and dates read the same everywhere, and keep the form that pages and files have had."""

from __future__ import annotations

from datetime import date

import pytest

from features.messages import BilingualText
from recommender.text import formats


@pytest.mark.parametrize(
    ("shares", "percents"),
    [
        ({"b": 1.0, "a": 1.0, "c": 1.0}, {"b": 33, "a": 34, "c": 33}),
        ({"a": 2.0, "b": 1.0}, {"a": 67, "b": 33}),
        ({"a": 0.125, "b": 0.375, "c": 0.5}, {"a": 13, "b": 37, "c": 50}),
        ({"a": 0.0, "b": 3.0}, {"a": 0, "b": 100}),
        ({f"k{i}": 1.0 for i in range(7)}, {"k0": 15, "k1": 15} | {f"k{i}": 14 for i in range(2, 7)}),
        ({"a": 0.0}, {}),
        ({}, {}),
    ],
)
def test_percents_of_one_whole_add_up_to_100(shares: dict[str, float], percents: dict[str, int]) -> None:
    assert formats.whole_percents(shares) == percents
    assert sum(percents.values()) in (0, 100)
    assert formats.whole_percents(dict(reversed(shares.items()))) == percents


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
