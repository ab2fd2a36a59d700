"""Coverage and age of evidence against counts from the tables."""

from __future__ import annotations

import numpy as np
import pytest

from features.needs.checks.coverage import EXPIRED, coverage_by_group, evidence_age


def test_shares_of_a_source_are_counts_of_its_teachers(context, needs):
    rows = coverage_by_group(context, needs)
    whole = rows[rows["by"] == "all"].iloc[0]
    observed = context.tables["observations"]["teacher_id"].nunique()
    assert whole["people"] == len(needs.teacher_ids)
    assert whole["observation"] == pytest.approx(observed / whole["people"], abs=0.01)
    for by in ("district", "stage"):
        assert rows.loc[rows["by"] == by, "people"].sum() == whole["people"]
    shares = rows[["any", "direct", "thin"]]
    assert ((shares >= 0) & (shares <= 1)).all().all() and (rows["people"] >= 10).all()


def test_age_is_that_of_the_values(context):
    rows = evidence_age(context).set_index("source")
    (lessons,) = [s for s in context.evidence.sources if s.name == "observation"]
    row = rows.loc["observation"]
    assert row["median"] == pytest.approx(np.median(lessons.age)) and row["values"] == len(lessons.age)
    assert row["expired"] == pytest.approx((lessons.age > EXPIRED).mean())
    assert row["young"] <= row["median"] <= row["old"]
