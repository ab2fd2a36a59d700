"""The conventions of tables, the cut at a date, and the fingerprint."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.schema import TABLES
from features.tables import DATED, Tables, empty_frame, split_list, typed_frame

AS_OF = date(2025, 11, 30)  # in the middle of courses


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_absent_table_is_an_empty_one_with_every_column(name):
    frame = Tables()[name]
    assert len(frame) == 0 and list(frame.columns) == [c.name for c in TABLES[name].columns]
    assert frame.dtypes.equals(empty_frame(name).dtypes)


def test_rows_are_sorted_by_key_and_cells_typed():
    frame = typed_frame("teachers", pd.DataFrame({"teacher_id": ["b", "a"], "weekly_lessons": [1, 2]}))
    assert frame["teacher_id"].tolist() == ["a", "b"] and frame["weekly_lessons"].tolist() == [2.0, 1.0]
    assert frame["start_date"].isna().all() and frame["start_date"].dtype == "datetime64[us]"


def test_nothing_dated_later_is_known_and_endings_after_the_date_are_unknown(district):
    known = district.until(AS_OF)
    for name, column in DATED.items():
        assert len(known[name]) < len(district[name])
        assert (known[name][column] <= pd.Timestamp(AS_OF)).all()
    assert known["results"]["assessment_id"].isin(known["assessments"]["assessment_id"]).all()
    taken = known["enrolments"]
    whole = district["enrolments"].set_index(["teacher_id", "course_id", "requested_on"])
    ended_later = whole.loc[
        pd.MultiIndex.from_frame(taken[whole.index.names]), "completed_on"
    ] > pd.Timestamp(AS_OF)
    cut = taken[ended_later.to_numpy()]
    assert len(cut) > 5 and (cut["status"] == "enrolled").all()
    assert cut[["completed_on", "hours", "score", "rating"]].isna().all(axis=None)
    assert known.until(AS_OF).fingerprint() == known.fingerprint()


def test_the_newest_evidence_counts_before_the_newest_enrolment(district):
    assert Tables().latest_evidence() is None
    only = Tables({"enrolments": district["enrolments"]})
    assert only.latest_evidence() == district["enrolments"]["requested_on"].max().date()
    assert district.latest_evidence() > only.latest_evidence()


def test_the_fingerprint_depends_on_content_and_origin(district):
    same = Tables(dict(reversed(list(district.frames.items()))), district.made_up)
    assert same.fingerprint() == district.fingerprint()
    assert Tables(district.frames, not district.made_up).fingerprint() != district.fingerprint()
    shorter = Tables({**district.frames, "surveys": district["surveys"].iloc[1:]}, district.made_up)
    assert shorter.fingerprint() != district.fingerprint()


@pytest.mark.parametrize(
    ("cell", "items"), [("a;b", ("a", "b")), ("a", ("a",)), ("", ()), (None, ()), (float("nan"), ())]
)
def test_list_cells_are_split(cell, items):
    assert split_list(cell) == items
