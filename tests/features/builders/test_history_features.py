"""Features of past enrolments."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.builders.history_features import CourseHistory, TeacherHistory, completion_share
from features.snapshot import take_snapshot
from features.tables import Tables

AS_OF = date(2025, 8, 31)


@pytest.fixture(scope="module")
def tables(district):
    return district.until(AS_OF)


@pytest.mark.parametrize("builder", [TeacherHistory(), CourseHistory()], ids=lambda b: b.name)
def test_a_withdrawal_that_could_not_be_known_yet_has_no_influence(tables, planted, builder):
    """It has no date of its own, so `until` cannot take it back: of recent requests no ending counts."""
    taken = tables["enrolments"]
    recent = taken["requested_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=100)
    assert recent.any()
    withdrawn = taken.assign(status=taken["status"].mask(recent, "withdrawn"))
    other = Tables({**tables.frames, "enrolments": withdrawn})
    column = [c.name.startswith("completion_share") for c in builder.columns].index(True)
    expected, values = (builder(take_snapshot(t, planted(t, AS_OF)))[:, column] for t in (tables, other))
    np.testing.assert_array_equal(values, expected)
    assert np.nanstd(values) > 0


def test_shares_are_shrunk_towards_the_overall_share():
    taken = pd.DataFrame({
        "requested_on": pd.Timestamp("2025-01-01"), "status": ["completed"] * 3 + ["withdrawn"],
    })  # fmt: skip
    share = completion_share(taken, np.array([0, 0, 0, 1]), 3, pd.Timestamp(AS_OF))
    np.testing.assert_allclose(share, [(3 + 5 * 0.75) / 8, 5 * 0.75 / 6, 0.75])
    none = completion_share(taken.iloc[:0], np.zeros(0, np.intp), 2, pd.Timestamp(AS_OF))
    assert np.isnan(none).all()
