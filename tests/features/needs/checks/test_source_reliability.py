"""What each source adds to reliability."""

from __future__ import annotations

import numpy as np

from features.needs.checks.leave_source_out import leave_source_out
from features.needs.checks.source_reliability import reliability_by_source, sources_of


def test_no_source_takes_away_what_is_known(results):
    rows = results.reliability[results.reliability["competency_id"] == "all"].set_index("source")
    assert (rows["drop"] > -1e-9).all() and rows["drop"].idxmax() == "observation"
    assert rows["whole"].nunique() == 1 and 0.3 < rows["whole"].iloc[0] < 0.8
    assert (rows["whole_se"] > 0).all() and (rows.loc["observation", "drop_se"]) > 0
    assert {"observation", "student_feedback", "self_report", "class_results"} <= set(rows.index)


def test_both_kinds_of_class_results_are_one_source(sample):
    sources = sources_of(sample)
    assert sources["class_results"] == ("class_gain", "class_level") and "class_gain" not in sources
    assert sorted(part for parts in sources.values() for part in parts) == sorted(sample.names)


def test_the_drop_is_the_difference_of_the_two_means(context, sample):
    full, without = leave_source_out(sample), leave_source_out(sample, ("observation",))
    rows = reliability_by_source(sample, context.competency_ids, full, {"observation": without})
    assert list(rows["competency_id"]) == ["all", *context.competency_ids]
    total = rows.iloc[0]
    np.testing.assert_allclose(total["whole"], full.reliability[sample.applies].mean())
    np.testing.assert_allclose(total["without"], without.reliability[sample.applies].mean())
    np.testing.assert_allclose(rows["drop"], rows["whole"] - rows["without"])
