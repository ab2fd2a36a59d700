"""Parts of the checks against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.needs.checks.coverage import OTHER_GROUPS, merge_small_groups
from features.needs.checks.intake_bias import correlation
from features.needs.checks.jackknife import Replicates


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(size=40)
    left_out = np.array([np.delete(values, i).mean() for i in range(40)])[:, None]
    parts = (None,) * 40  # type: ignore[var-annotated]
    assert Replicates(parts, 1.0).error(left_out)[0] == pytest.approx(values.std(ddof=1) / np.sqrt(40))
    quarter = Replicates(parts, 0.25).error(left_out)[0]
    assert quarter == pytest.approx(values.std(ddof=1) / np.sqrt(40) / 2)


def test_one_replicate_or_none_has_no_error():
    assert np.isnan(Replicates((), 1.0).error(np.zeros((0, 3)))).all()
    assert np.isnan(Replicates((), 1.0).error(np.zeros((1, 3)))).all()


def test_correlation_with_intake_is_pearsons():
    rng = np.random.default_rng(2)
    school = np.repeat(np.arange(30), 5)
    intake, values = rng.normal(size=30), rng.normal(size=150)
    values += intake[school]
    found = correlation(values, school, intake)
    assert found is not None
    r, low, high, people, schools = found
    assert r == pytest.approx(np.corrcoef(values, intake[school])[0, 1])
    assert low < r < high and (people, schools) == (150, 30)
    by_school = correlation(values, school, intake, by_school=True)
    assert by_school is not None
    assert by_school[0] == pytest.approx(np.corrcoef(values.reshape(30, 5).mean(axis=1), intake)[0, 1])


def test_correlation_of_few_schools_or_of_nothing_is_not_told():
    school = np.repeat(np.arange(9), 5)
    values, intake = np.arange(45.0), np.arange(9.0)
    assert correlation(values, school, intake) is None
    assert correlation(np.zeros(100), np.repeat(np.arange(20), 5), np.arange(20.0)) is None


@given(st.lists(st.integers(1, 30), max_size=8))
def test_no_group_is_small_and_none_can_be_told_by_subtraction(sizes: list[int]):
    group = np.array([f"g{i}" for i, n in enumerate(sizes) for _ in range(n)], dtype=object)
    told = merge_small_groups(group)
    names, count = np.unique(told[told != ""].astype(str), return_counts=True)
    assert (count >= 10).all()
    hidden = int((told == "").sum())
    assert hidden == 0 or (OTHER_GROUPS not in names and hidden == len(group))
    kept = {n for n in names if n != OTHER_GROUPS}
    assert all((group == n).sum() >= 10 for n in kept)
