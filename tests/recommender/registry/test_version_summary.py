"""Two versions beside each other: the difference of their leads, with an interval that is not too narrow."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from models.bundles.bundle import describe_bundle, read_bundle
from recommender.registry.version_summary import summary_of, version_difference


@pytest.fixture(scope="module")
def summary(city):
    registry = city.workspace.registry()
    return summary_of(describe_bundle(registry.path(registry.current()), city.settings.bundle_key())[0])


def _with_lead(summary, value, half, **changes):
    low, high = (nan, nan) if half is None else (value - half, value + half)
    rows = tuple(
        replace(row, difference=value, difference_low=low, difference_high=high) if row == summary.main else row
        for row in summary.rows
    )
    return replace(summary, rows=rows, **changes)


def test_a_trained_version_is_described_as_its_bundle_says(city, summary):
    registry = city.workspace.registry()
    bundle = read_bundle(registry.path(registry.current()), city.settings.bundle_key())
    assert (summary.version, summary.as_of, summary.ranked_by) == (bundle.version, bundle.as_of, bundle.ranked_by)
    assert summary.verdict and summary.main and summary.main.metric == "ndcg@10"
    assert summary.calibration and min(group.people for group in summary.calibration) >= 10
    assert summary.parts and min(row.people for row in summary.parts) >= 10
    assert summary.tables == city.workspace.tables.fingerprint()


def test_variances_of_two_leads_add(summary):
    apart = version_difference(_with_lead(summary, 0.05, 0.03), _with_lead(summary, 0.01, 0.04))
    assert np.allclose([apart.value, apart.low, apart.high], [0.04, -0.01, 0.09]) and apart.same_data


def test_no_interval_without_both_intervals_and_no_difference_without_a_common_rival(summary):
    some, none = _with_lead(summary, 0.05, 0.03), _with_lead(summary, 0.01, None, seed=9)
    apart = version_difference(some, none)
    assert (apart.low, apart.high, apart.same_data) == (None, None, False) and np.isclose(apart.value, 0.04)
    assert version_difference(some, replace(none, rows=())) is None
    assert version_difference(some, replace(none, objective="uptake")) is None


def test_a_manifest_of_an_earlier_program_has_no_parts(city):
    registry = city.workspace.registry()
    manifest = describe_bundle(registry.path(registry.current()), city.settings.bundle_key())[0]
    older = {k: v for k, v in manifest.items() if k not in ("parts", "calibration", "verdict", "conditions")}
    assert (summary_of(older).parts, summary_of(older).calibration, summary_of(older).verdict) == ((), (), None)
