"""Hiding each teacher's last courses."""

from __future__ import annotations

from datetime import date

from models.data.leave_last_out import common_calendar, leave_last_out
from models.data.temporal_split import TimeWindow


def test_without_a_common_calendar_each_teachers_last_part_is_hidden(chains):
    before, hidden = leave_last_out(chains)
    assert before is not None
    assert len(before.tables["enrolments"]) + len(hidden) == len(chains.tables["enrolments"])
    assert hidden["teacher_id"].is_unique  # a fifth of four courses is one
    assert common_calendar(chains.tables, TimeWindow(date(2025, 1, 2), date(2025, 6, 30)))
    assert not common_calendar(chains.tables, TimeWindow(date(2024, 12, 1), date(2025, 6, 30)))
