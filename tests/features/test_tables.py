"""The conventions of tables, the cut at a date, and the fingerprint."""

from __future__ import annotations

import hashlib
from datetime import date

import pandas as pd
import pytest

from features.schema import TABLES
from features.tables import DATED, Tables, empty_frame, split_list, typed_frame

AS_OF = date(2025, 6, 30)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_absent_table_is_an_empty_one_with_every_column(name):
    frame = Tables()[name]
    assert len(frame) == 0 and list(frame.columns) == [c.name for c in TABLES[name].columns]
    assert frame.dtypes.equals(empty_frame(name).dtypes)


def test_rows_are_sorted_by_key_and_cells_typed():
    frame = typed_frame("teachers", pd.DataFrame({"teacher_id": ["b", "a"], "weekly_lessons": [1, 2]}))
    assert frame["teacher_id"].tolist() == ["a", "b"] and frame["weekly_lessons"].tolist() == [2.0, 1.0]
    assert frame["start_date"].isna().all() and frame["start_date"].dtype == "datetime64[us]"


def test_nothing_dated_later_is_known(district):
    known = district.until(AS_OF)
    for name, column in DATED.items():
        assert len(known[name]) < len(district[name])
        assert (known[name][column] <= pd.Timestamp(AS_OF)).all()
    assert known["results"]["assessment_id"].isin(known["assessments"]["assessment_id"]).all()
    assert known.until(AS_OF).fingerprint() == known.fingerprint()


def test_an_enrolment_that_ends_later_is_running():
    enrolments = pd.DataFrame({
        "teacher_id": ["T1", "T2"], "course_id": "K", "requested_on": pd.Timestamp("2025-05-01"),
        "completed_on": pd.to_datetime(["2025-06-30", "2025-07-01"]), "status": "completed", "hours": 8.0,
        "score": 80.0, "pre_score": 60.0, "rating": 4.0,
    })  # fmt: skip
    known = Tables({"enrolments": typed_frame("enrolments", enrolments)}).until(AS_OF)["enrolments"]
    assert known["status"].tolist() == ["completed", "enrolled"]
    later = known.iloc[1]
    assert later[["completed_on", "hours", "score", "rating"]].isna().all() and later["pre_score"] == 60.0


def test_an_entry_of_hours_decided_later_is_claimed():
    entries = pd.DataFrame({
        "entry_id": ["1", "2", "3"], "status": "recognised",
        "done_on": pd.to_datetime(["2025-06-01", "2025-06-01", "2025-07-01"]),
        "decided_on": pd.to_datetime(["2025-06-30", "2025-07-01", None]), "decided_by": "office",
    })  # fmt: skip
    known = Tables({"hour_entries": typed_frame("hour_entries", entries)}).until(AS_OF)["hour_entries"]
    assert known["status"].tolist() == ["recognised", "claimed"]
    assert known["decided_by"].isna().tolist() == known["decided_on"].isna().tolist() == [False, True]


def test_a_table_that_came_later_changes_no_fingerprint_while_it_is_empty(district):
    entries = typed_frame("hour_entries", pd.DataFrame({"entry_id": ["1"]}))
    assert Tables({**district.frames, "hour_entries": entries}).fingerprint() != district.fingerprint()
    digest = hashlib.sha256(b"made up")
    for name in sorted(set(district.frames) - {"hour_entries", "credit_rules"}):
        digest.update(name.encode() + pd.util.hash_pandas_object(district[name], index=False).to_numpy().tobytes())
    assert district.fingerprint() == digest.hexdigest()


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
