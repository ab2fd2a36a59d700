"""Predictions of a source from the others: calibrated where the model holds, and the statistics by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.needs.checks.cross_source_prediction import LEVELS, misfit, score_predictions
from features.needs.checks.leave_source_out import HeldOutPredictions


@pytest.fixture(scope="module")
def predictions() -> HeldOutPredictions:
    """2,000 values of 400 teachers, drawn from their predictive distributions."""
    rng = np.random.default_rng(5)
    mean, sd = rng.normal(size=2000), rng.uniform(0.5, 1.5, 2000)
    t = np.repeat(np.arange(400), 5)
    source = np.where(np.arange(2000) % 2, "class_gain", "observation").astype(object)
    return HeldOutPredictions(source, t, np.zeros(2000, np.intp), mean + sd * rng.normal(size=2000), mean, sd)


SCHOOL = np.repeat(np.arange(40), 10)  # of the 400 teachers


def test_a_model_that_holds_predicts_what_was_left_out(results):
    pooled = results.predictions.sources.set_index("source").loc["all"]
    assert abs(pooled["slope"] - 1.0) < 0.2
    for level in LEVELS:
        assert abs(pooled[f"cover{level}"] - level / 100) < 0.06
    assert abs(pooled["agreement"] - pooled["expected_agreement"]) < 0.08
    share = results.predictions.pit.query("source == 'all'")["share"]
    assert share.sum() == pytest.approx(1.0) and len(share) == 10


def test_values_from_their_predictive_distribution_are_calibrated(predictions):
    scored = score_predictions(predictions, SCHOOL)
    assert list(scored.sources["source"]) == ["all", "class_results", "observation"]
    pooled = scored.sources.iloc[0]
    assert pooled["slope"] == pytest.approx(np.polyfit(predictions.mean, predictions.value, 1)[0])
    assert abs(pooled["slope"] - 1) < 3 * pooled["slope_se"] and 0 < pooled["slope_se"] < 0.1
    for level in LEVELS:
        assert abs(pooled[f"cover{level}"] - level / 100) < 4 * pooled[f"cover{level}_se"]
    assert (pooled["people"], pooled["schools"], pooled["values"]) == (400, 40, 2000)
    assert len(scored.curve) == 10 and scored.curve["forecast"].is_monotonic_increasing


def test_intervals_that_are_too_narrow_cover_too_little(predictions):
    narrow = score_predictions(replace(predictions, sd=predictions.sd / 2), SCHOOL).sources.iloc[0]
    assert narrow["cover90"] < 0.7 and narrow["spread"] == pytest.approx(4, rel=0.15)


def test_few_people_or_schools_give_no_statistics(predictions):
    assert not len(score_predictions(predictions, np.zeros(400, np.intp)).sources)
    few = HeldOutPredictions(*(getattr(predictions, name)[:40] for name in vars(predictions)))
    assert not len(score_predictions(few, SCHOOL).sources) and not len(score_predictions(few, SCHOOL).curve)


def test_misfit_counts_standard_errors_only_of_slopes_far_from_1():
    rows = pd.DataFrame({"slope": [1.2, 0.5, np.nan, 2.0], "slope_se": [0.01, 0.1, 0.1, 0.5]})
    assert misfit(rows).tolist() == pytest.approx([0.0, 5.0, 0.0, 2.0])
