"""Fifteen working days."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from recommender.objections.deadline import due_on, is_overdue


@pytest.mark.parametrize(
    ("day", "due"),
    [(date(2026, 7, 1), date(2026, 7, 22)), (date(2026, 7, 3), date(2026, 7, 24)),
     (date(2026, 7, 4), date(2026, 7, 24)), (date(2026, 7, 5), date(2026, 7, 24)), (date(2026, 7, 6), date(2026, 7, 27))],
)  # fmt: skip
def test_working_days_are_counted_without_weekends(day: date, due: date) -> None:
    at = datetime.combine(day, time(12)).astimezone()
    assert due_on(at) == due
    assert not is_overdue(at, datetime.combine(due, time(23)).astimezone())
    assert is_overdue(at, datetime.combine(date.fromordinal(due.toordinal() + 1), time(1)).astimezone())
