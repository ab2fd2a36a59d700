"""Self-assessments make nobody's data newer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from features.tables import Tables
from recommender.date_of_data import date_of_data


def _with_submission(tables: Tables, day: str) -> Tables:
    surveys = tables["surveys"]
    row = surveys.iloc[[0]].assign(survey_id="self-assessment:7", kind="self_report", date=pd.Timestamp(day))
    return Tables({**tables.frames, "surveys": pd.concat([surveys, row], ignore_index=True)}, tables.made_up)


def test_the_newest_evidence_of_others_is_the_date(city: Any) -> None:
    tables = city.workspace.tables
    newest = tables.latest_evidence()
    assert newest is not None and date_of_data(tables, newest) == newest
    later = _with_submission(tables, "2027-03-01")
    assert later.latest_evidence() == date(2027, 3, 1)
    assert date_of_data(later, date(2027, 3, 1)) == newest


def test_a_date_that_was_chosen_stays(city: Any) -> None:
    tables = city.workspace.tables
    later = _with_submission(tables, "2027-03-01")
    for day in (date(2026, 1, 1), date(2027, 5, 1)):
        assert date_of_data(later, day) == day
