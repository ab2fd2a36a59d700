"""Class results: the slope on the prior, and effects that borrow over dimensions and schools."""

from __future__ import annotations

import numpy as np
import pytest

from features.needs.classes.class_effects import class_effects
from features.needs.evidence.adjusted_results import adjust
from features.tables import Tables


def test_the_slope_is_corrected_for_errors_in_the_prior(made):
    rows = adjust(made[0]).rows
    assert rows["gain"].all()
    assert rows["slope"].unique() == pytest.approx(0.8, abs=0.05)


def test_effects_are_nearer_than_raw_means_and_cover_the_truth(made):
    tables, effect = made
    adjusted = adjust(tables)
    result = class_effects(adjusted, tables["classes"])
    wide = result.pivot(index="class_id", columns="dimension", values="mean")[["read", "count"]].to_numpy()
    sd = result.pivot(index="class_id", columns="dimension", values="sd")[["read", "count"]].to_numpy()
    true = 100 * (effect - effect.mean(0))
    rows = adjusted.rows
    raw = 100 * rows.pivot(index="unit_id", columns="dimension", values="z")[["read", "count"]].to_numpy()
    assert np.sqrt(((wide - true) ** 2).mean()) < 0.97 * np.sqrt(((raw - true) ** 2).mean())
    assert 0.84 < (np.abs(wide - true) < 1.645 * sd).mean() < 0.96


def test_a_level_keeps_its_place_on_the_scale(made):
    tables, _ = made
    plain = tables["results"].assign(prior_mean=np.nan, prior_sd=np.nan, prior_cov=np.nan)
    level = Tables({**tables.frames, "results": plain})
    result = class_effects(adjust(level), level["classes"])
    assert result["mean"].mean() == pytest.approx(plain["mean"].mean(), abs=1.0)
