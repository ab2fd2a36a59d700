"""Time and schools are kept apart, and leaks are refused."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError
from features.needs.needs import Needs
from features.snapshot import Snapshot
from features.tables import Tables, typed_frame
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import (
    TimeWindow,
    by_query,
    choose_window,
    enrolments_between,
    evidence_between,
    refuse_leaks,
    school_roles,
    snapshot_at,
    without_test,
)


def _tables():
    days = pd.date_range("2024-01-15", "2026-06-15", freq="7D")
    n = len(days)
    taken = pd.DataFrame({
        "teacher_id": [f"T{i % 9}" for i in range(n)], "course_id": [f"C{i}" for i in range(n)],
        "requested_on": days, "completed_on": days + pd.Timedelta(days=60), "status": "completed",
    })  # fmt: skip
    seen = pd.DataFrame({
        "observation_id": [f"O{i}" for i in range(n)], "item": "i", "teacher_id": "T1", "rater_id": "R",
        "lesson_id": "L", "date": days, "score": 3.0, "scale_min": 1.0, "scale_max": 5.0,
    })  # fmt: skip
    dates = pd.to_datetime(["2025-01-10", "2026-01-10"])
    tests = pd.DataFrame({"assessment_id": ["A1", "A2"], "date": dates})
    results = pd.DataFrame({"assessment_id": ["A1", "A2"], "dimension": "d", "mean": 1.0, "n": 30})
    teachers = pd.DataFrame({"teacher_id": [f"T{i}" for i in range(9)], "school_id": "S"})
    frames = {"enrolments": taken, "observations": seen, "assessments": tests, "results": results,
              "teachers": teachers}  # fmt: skip
    return Tables({name: typed_frame(name, frame) for name, frame in frames.items()})


def _needs(tables, as_of):
    none, empty = np.zeros((9, 0)), pd.DataFrame()
    ids = tuple(tables["teachers"]["teacher_id"])
    flags = none.astype(bool)
    return Needs(as_of, ids, (), flags, *([none] * 8), empty, empty, empty, empty)


AS_OF = date(2026, 6, 30)
WINDOW = TimeWindow(date(2025, 6, 30), AS_OF)


def test_the_window_is_the_last_year_when_both_sides_hold_enough():
    assert choose_window(_tables(), AS_OF) is None  # about 52 in the year
    many = _tables()
    twice = pd.concat([many["enrolments"], many["enrolments"].assign(course_id="D")])
    both = Tables({**many.frames, "enrolments": typed_frame("enrolments", twice)})
    assert choose_window(both, AS_OF) == WINDOW
    assert choose_window(Tables(), AS_OF) is None


def test_nothing_after_t0_reaches_features_and_nothing_before_it_reaches_labels():
    tables = _tables()
    before = snapshot_at(tables, _needs, WINDOW.t0)
    end = pd.Timestamp(WINDOW.t0)
    assert before.tables["enrolments"]["requested_on"].max() <= end
    assert not (before.tables["enrolments"]["completed_on"] > end).any()
    later = evidence_between(tables, WINDOW)
    assert later["observations"]["date"].min() > end and len(later["enrolments"]) == 0
    assert later["results"]["assessment_id"].tolist() == ["A2"]
    taken = enrolments_between(tables, WINDOW)
    assert taken["requested_on"].min() > end
    assert len(taken) + len(before.tables["enrolments"]) == len(tables["enrolments"])


def test_leaks_are_refused_with_the_table_named():
    tables = _tables()
    whole = Snapshot(tables, _needs(tables, WINDOW.t0), WINDOW.t0)
    with pytest.raises(DataError, match=r"Leak: \d+ rows of observations"):
        refuse_leaks(whole, WINDOW.t0)
    frames = {**tables.until(WINDOW.t0).frames}
    frames["enrolments"] = tables["enrolments"][tables["enrolments"]["requested_on"] <= "2025-06-30"]
    with pytest.raises(DataError, match="completed_on"):
        refuse_leaks(Snapshot(Tables(frames), _needs(tables, WINDOW.t0), WINDOW.t0), WINDOW.t0)
    known = tables.until(WINDOW.t0)
    with pytest.raises(DataError, match="dated 2026-06-30"):
        refuse_leaks(Snapshot(known, _needs(tables, AS_OF), WINDOW.t0), WINDOW.t0)
    with pytest.raises(DataError, match="dated"):
        snapshot_at(tables, lambda t, d: _needs(t, AS_OF), WINDOW.t0)


def test_every_school_plays_one_part_and_always_the_same():
    schools = pd.Series([f"44030{i % 200:04d}" for i in range(3000)])
    roles = school_roles(schools)
    parts = np.stack([roles.train, roles.valid, roles.test])
    assert (parts.sum(axis=0) == 1).all()
    for part in parts:
        inside, outside = set(schools[part]), set(schools[~part])
        assert inside and not inside & outside
    assert 0.17 < roles.test.mean() < 0.33 and 0.08 < roles.valid.mean() < 0.25
    mixed = schools.sample(frac=0.5, random_state=1)
    again = school_roles(mixed.reset_index(drop=True))
    np.testing.assert_array_equal(again.test, roles.test[mixed.index])
    full = without_test(roles)
    assert not full.test.any() and (full.train ^ full.valid).all()


def test_lists_without_an_order_are_left_out():
    t = np.array([0, 1, 2, 3, 4, 5])
    grade = np.array([0, 4, 2, 2, 1, 3])
    plain = np.ones(6)
    labels = PairLabels(t, t, plain, grade, plain, plain, plain)
    kept, sizes = by_query(labels, np.array([7, 3, 5, 5, 7, 3]))
    assert sizes.tolist() == [2, 2] and kept.t_idx.tolist() == [1, 5, 0, 4]
