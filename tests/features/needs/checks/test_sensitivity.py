"""Agreement of needs between specifications of the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.needs.checks.leave_source_out import leave_source_out
from features.needs.checks.sensitivity import sensitivity


def test_each_specification_is_compared_over_the_sample(sample):
    rows = sensitivity(sample, leave_source_out(sample)).set_index("specification")
    assert list(rows.index) == [
        "no_explained_mean", "even_competencies", "no_departments", "stated_ageing", "all_together",
    ]  # fmt: skip
    assert (rows["cells"] == sample.applies.sum()).all() and (rows["people"] == len(sample.teachers)).all()
    assert (rows["lowest_rank_agreement"] <= rows["rank_agreement"]).all() and (
        rows["flipped"] <= rows["changed"]
    ).all()


def test_a_specification_that_is_already_so_changes_nothing(sample):
    flat = replace(sample, components=replace(sample.components, department=0.0))
    row = sensitivity(flat, leave_source_out(flat)).set_index("specification").loc["no_departments"]
    assert row["rank_agreement"] == pytest.approx(1.0) and row["changed"] == row["flipped"] == 0.0


def test_the_reverse_order_has_agreement_minus_1(sample):
    reference = leave_source_out(sample)
    reverse = replace(reference, mean=2 * sample.target - reference.mean)  # every gap with the other sign
    rows = sensitivity(sample, reverse)
    assert (
        (rows["rank_agreement"] < -0.5).all()
        and np.isfinite(rows["changed"]).all()
        and (rows["flipped"] > 0).all()
    )
