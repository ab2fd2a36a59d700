"""Dates of other offices."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from features.sources.read.dates import DateOrder, day_of, in_order
from features.sources.read_tables import read_tables


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1998.7", (1998, 7, 1)), ("2003年9月", (2003, 9, 1)), ("2003 年 9 月", (2003, 9, 1)), ("2010-09", (2010, 9, 1)),
        ("2010/9", (2010, 9, 1)), ("201009", (2010, 9, 1)), ("2003年9月份", (2003, 9, 1)),
        ("2026年9月1号", (2026, 9, 1)), ("20260901", (2026, 9, 1)), ("2026.09.01", (2026, 9, 1)),
        ("2024-03-01T08:15:00Z", (2024, 3, 1)), ("2024-05-02T16:40:11.123+00:00", (2024, 5, 2)),
        ("2025-03-01 08:15:00+08:00", (2025, 3, 1)), ("2025-03-01T23:59+0800", (2025, 3, 1)),
        ("2025/3/1 8:15 PM", (2025, 3, 1)), ("2025-03-01 上午8:15", (2025, 3, 1)),
        ("15 Mar 2026", (2026, 3, 15)), ("1-Sep-2026", (2026, 9, 1)), ("March 15, 2026", (2026, 3, 15)), ("46266", (2026, 9, 1)),
    ],
)  # fmt: skip
def test_layouts_of_a_day(text: str, day: tuple[int, int, int]) -> None:
    assert day_of(text) == date(*day)


@pytest.mark.parametrize("text", ["2026-02-30", "2026.13", "199813", "3/15/2026", "15.3.2026", "2026", "1998.", "Foo 1, 2026"])
def test_what_is_no_day(text: str) -> None:
    assert day_of(text) is None


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("3/15/2026", "mdy", "2026-03-15"), ("15.3.2026", "dmy", "2026-03-15"), ("03-04-2026 08:00", "dmy", "2026-04-03"),
        ("3/4/26", "mdy", "2026-03-04"), ("3/4/98", "mdy", "1998-03-04"), ("15/3/2026", "mdy", "15/3/2026"),
        ("3/15/2026", "ymd", "3/15/2026"), ("2026-03-15", "mdy", "2026-03-15"),
    ],
)  # fmt: skip
def test_day_and_month_first_need_their_order(text: str, order: DateOrder, iso: str) -> None:
    assert in_order(text, order) == iso


def test_months_are_noted_full_width_is_read_and_an_unknown_order_says_the_key(broken, tmp_path: Path) -> None:
    folder = broken(
        teachers="teacher_id,school_id,role,stage,subject,start_date\nT1,S1,teacher,primary,数学,１９９８．７\n"
        "T2,S1,teacher,primary,数学,2003.1\nT3,S1,teacher,primary,数学,3/15/2010\n"
    )
    result = read_tables([folder])
    codes = [
        (i.row, i.expected.values.get("reason", i.expected).code) for i in result.issues if i.header == "start_date"
    ]
    assert codes == [(4, "sources.a_date_of_known_order"), (2, "sources.read_as_first_of_month"),
                     (3, "sources.read_as_january")]  # fmt: skip
    mapping = tmp_path / "map.toml"
    mapping.write_text('[[table]]\nname = "teachers"\nfile = "teachers.csv"\ndates = "mdy"\n', "utf-8")
    result = read_tables([folder], mapping)
    assert result.accepted and len(result.tables["teachers"]) == 3
    assert [f"{day:%F}" for day in result.tables["teachers"]["start_date"]] == ["1998-07-01", "2003-01-01", "2010-03-15"]
