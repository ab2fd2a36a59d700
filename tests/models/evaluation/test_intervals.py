"""The cluster bootstrap holds its level, and pairing narrows it."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.intervals import mean_interval, paired_difference


@pytest.mark.parametrize("schools", [4, 8, 40])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(schools):
    rng = np.random.default_rng(7)
    clusters = np.repeat(np.arange(schools), 6)
    covered = 0
    for run in range(200):
        values = 0.3 + rng.normal(0, 1, schools)[clusters] + rng.normal(0, 1, len(clusters))
        result = mean_interval(values, clusters, seed=run)
        covered += result.low <= 0.3 <= result.high
    assert 0.90 <= covered / 200 <= 0.99


def test_ignoring_schools_would_be_too_narrow_and_pairing_is_narrower():
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(30), 10)
    base = rng.normal(0, 1, 30)[clusters] + rng.normal(0, 0.1, 300)
    ours = base + 0.05 + rng.normal(0, 0.05, 300)
    wide = mean_interval(base, clusters, seed=0)
    alone = mean_interval(base, np.arange(300), seed=0)
    paired = paired_difference(ours, base, clusters, seed=0)
    assert wide.high - wide.low > 2 * (alone.high - alone.low)
    assert paired.above_zero and paired.high - paired.low < 0.05


def test_missing_values_and_too_few_schools_are_said():
    result = mean_interval(np.array([1.0, np.nan, 3.0]), np.array(["a", "a", "b"]), seed=0)
    assert result.value == 2.0 and result.clusters == 2
    one = mean_interval(np.array([1.0, 2.0]), np.array(["a", "a"]), seed=0)
    assert one.value == 1.5 and np.isnan(one.low) and not one.above_zero
    assert mean_interval(np.array([np.nan]), np.array(["a"]), seed=0).clusters == 0
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_difference(np.zeros(2), np.zeros(3), np.zeros(2), seed=0)


def test_the_same_seed_gives_the_same_interval():
    values, clusters = np.random.default_rng(0).normal(size=50), np.repeat(np.arange(10), 5)
    assert mean_interval(values, clusters, seed=3) == mean_interval(values, clusters, seed=3)
