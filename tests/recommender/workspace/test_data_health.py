"""`doctor` counts the courses that have closed since as-of and the listed rows that name one."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from features.eligibility import open_courses
from recommender.workspace.data_health import data_findings


def test_dates_and_lists_are_fit_on_the_day_of_the_data(city) -> None:
    findings = data_findings(city.workspace, city.settings, city.workspace.tables)
    assert [(f.check, f.state) for f in findings] == [("dates", "ok"), ("lists", "ok")]


def test_closed_courses_are_counted(city) -> None:
    today, courses = date(2026, 11, 30), city.workspace.tables["courses"]
    later = city.settings.model_copy(update={"today": today})
    dates, lists = data_findings(city.workspace, later, city.workspace.tables)
    then, now = (open_courses(courses, day) for day in (city.written.as_of, today))
    closed_ids = courses["course_id"][~now]
    rows = pd.read_parquet(city.written.recommendations)["course_id"]
    assert dates.observed.values["closed"] == (then & ~now).sum() > 0 and dates.observed.values["all"] == then.sum()
    assert lists.observed.values["closed"] == rows.isin(closed_ids).sum() > 0
    assert dates.state == lists.state == "note" and "--open-on 2026-11-30" in str(lists.remedy)


@pytest.mark.parametrize(("limit", "state"), [(1, "note"), (2, "ok")])
def test_data_are_old_from_the_limit_of_the_settings(city, limit: int, state: str) -> None:
    later = city.settings.model_copy(update={"today": city.written.as_of + timedelta(days=1), "stale_days": limit})
    assert data_findings(city.workspace, later, city.workspace.tables)[0].state == state
