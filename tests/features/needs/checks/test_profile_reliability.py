"""The reliability inside profiles against profiles that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.needs.checks.leave_source_out import leave_source_out
from features.needs.checks.profile_reliability import profile_reliability


def test_known_profiles_are_whole_and_none_are_nothing(sample):
    rng = np.random.default_rng(3)
    n, k = sample.applies.shape
    everything = replace(sample, applies=np.ones((n, k), dtype=bool))
    correlation = sample.components.competency_correlation
    true = rng.multivariate_normal(np.zeros(k), correlation, size=n)
    assert 0.9 < profile_reliability(everything, true) <= 1.0
    assert profile_reliability(everything, np.zeros((n, k))) == 0.0
    general = np.repeat(true[:, :1], k, axis=1)
    assert profile_reliability(everything, general) < 1e-9, "what is alike in all competencies is no profile"


def test_a_posterior_of_known_noise_has_its_reliability(sample):
    """Independent competencies seen with noise of variance v: the posterior mean has reliability 1 / (1 + v)."""
    rng = np.random.default_rng(4)
    n, k = 4000, 6
    applies = np.ones((n, k), dtype=bool)
    independent = replace(sample, applies=applies, components=replace(sample.components, competency_correlation=np.eye(k)))
    seen = rng.normal(size=(n, k)) + rng.normal(size=(n, k)) * np.sqrt(1.5)
    np.testing.assert_allclose(profile_reliability(independent, seen / 2.5), 0.4, atol=0.01)


def test_few_people_are_not_reported(sample):
    few = replace(sample, applies=sample.applies & (np.arange(len(sample.applies)) < 9)[:, None])
    assert np.isnan(profile_reliability(few, np.zeros(sample.applies.shape)))


def test_profiles_are_harder_than_levels_and_need_observations(results, sample):
    rows = results.reliability[results.reliability["competency_id"] == "all"].set_index("source")
    assert rows["profile"].nunique() == 1 and 0.0 < rows["profile"].iloc[0] < rows["whole"].iloc[0]
    assert rows.loc["observation", "profile_without"] < rows["profile"].iloc[0]
    parts = results.reliability[results.reliability["competency_id"] != "all"]
    assert parts[["profile", "profile_without"]].isna().all(axis=None)
    assert profile_reliability(sample, leave_source_out(sample).mean) > 0.0
