"""Correlation of needs with intake, against numpy and against a planted bias."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.needs.checks.intake_bias import correlation, intake_bias, school_intake


def test_correlation_with_intake_is_pearsons():
    rng = np.random.default_rng(2)
    school = np.repeat(np.arange(30), 5)
    intake, values = rng.normal(size=30), rng.normal(size=150)
    values += intake[school]
    estimate = correlation(values, school, intake)
    assert estimate is not None
    r, low, high, people, schools = estimate
    assert r == pytest.approx(np.corrcoef(values, intake[school])[0, 1])
    assert low < r < high and (people, schools) == (150, 30)
    by_school = correlation(values, school, intake, by_school=True)
    assert by_school is not None
    assert by_school[0] == pytest.approx(np.corrcoef(values.reshape(30, 5).mean(axis=1), intake)[0, 1])


def test_few_schools_or_no_variance_give_no_correlation():
    school = np.repeat(np.arange(9), 5)
    assert correlation(np.arange(45.0), school, np.arange(9.0)) is None
    assert correlation(np.zeros(100), np.repeat(np.arange(20), 5), np.arange(20.0)) is None


def test_needs_that_only_mirror_intake_are_reported(context, needs, results, codes):
    assert not {code for code in codes(results) if code.startswith("not_neutral")}
    intake = np.nan_to_num(school_intake(context))[context.hierarchy.index.school][:, None]
    planted = intake_bias(
        context, replace(needs, expected_gap=np.where(needs.applies, 1.0 - 0.3 * intake, 0.0))
    )
    rows = planted.rows.query("what == 'need' and intake == 'prior_scores'")
    assert len(rows) == 2 and (rows["r"] < -0.9).all() and (rows["high"] < -0.8).all()
    result = codes(replace(results, intake_bias=planted))
    assert "not_neutral:prior_scores" in result and "neutral:prior_scores" not in result


def test_a_dot_stands_for_five_schools_and_ten_people_or_more(results):
    dots = results.intake_bias.dots
    assert len(dots) and (dots["schools"] >= 5).all() and (dots["people"] >= 10).all()
    assert dots["intake"].is_monotonic_increasing
