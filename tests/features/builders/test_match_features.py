"""Features of pairs against the snapshot's own arrays."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.builders.feature_set import default_features
from features.snapshot import take_snapshot

AS_OF = date(2025, 8, 31)


@pytest.fixture(scope="module")
def tables(district):
    return district.until(AS_OF)


def test_columns_follow_goals_overlap_and_hierarchy(tables, planted):
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    t, c = np.nonzero(snapshot.eligibility.block(np.arange(len(snapshot.teacher_ids))))
    prepared = default_features().prepare(snapshot).pairs(t, c)
    columns = pd.DataFrame(prepared, columns=default_features().names)
    gap = (snapshot.goals[c] * snapshot.needs.expected_gap[t]).sum(axis=1)
    np.testing.assert_allclose(columns["expected_gap_mean_by_goals"], gap, rtol=1e-5)
    earlier, own = snapshot.recent_hours[t], snapshot.goals[c] * snapshot.course_hours[c, None]
    by_goal = np.divide(earlier, earlier + own, out=np.zeros_like(own), where=own > 0)
    overlap = (snapshot.goals[c] * by_goal).sum(axis=1)
    np.testing.assert_allclose(columns["overlap_by_goals_3y"], overlap, atol=1e-6)
    own = snapshot.tables["courses"]["owner_level"].to_numpy(dtype=object)[c] == "school"
    assert (columns["owner_steps_by_pair"][own] == 0).all() and columns[
        "peers_share_by_school_365d"
    ].max() <= 1
