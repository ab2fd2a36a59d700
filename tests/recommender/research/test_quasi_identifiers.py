"""Facts become coarser from level to level, and each level groups the values of the one before."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from itertools import pairwise

import pandas as pd

from features.documents import parse_toml
from recommender.research.quasi_identifiers import FIELD_OF, quasi_identifiers


def test_each_level_groups_the_one_before(city) -> None:
    for name, levels in quasi_identifiers(city.workspace.tables, date(2026, 6, 30)).items():
        assert all(level.notna().all() for level in levels), name
        for finer, coarser in pairwise(levels):
            assert coarser.nunique() <= finer.nunique(), name
        assert set(levels[-1]) == {"*"}


def test_bands_of_years_and_trainings(city) -> None:
    tables, day = city.workspace.tables, date(2026, 6, 30)
    levels = quasi_identifiers(tables, day)
    years = (pd.Timestamp(day) - tables["teachers"]["start_date"]).dt.days / 365.25
    for band, (low, high) in {"0-3": (-9, 4), "4-9": (4, 10), "30+": (30, 99)}.items():
        assert ((levels["years_of_service"][0] == band) == ((years >= low) & (years < high))).all()
    done = tables["enrolments"].query("status == 'completed'")["teacher_id"].value_counts()
    count = tables["teachers"]["teacher_id"].map(done).fillna(0)
    assert ((levels["trainings_completed"][0] == "0-0") == (count == 0)).all()


def test_every_subject_of_the_word_list_has_a_field() -> None:
    text = files("features.sources.read").joinpath("subjects.toml").read_text("utf-8")
    assert set(FIELD_OF) == set(parse_toml(text)["subjects"])
