"""Off-policy value on a planted log; a researcher's scorer; slices and the permutation test."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.intervals import permutation_p
from models.evaluation.off_policy import policy_value


def _log(seed, n=4000):
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    logged = np.where(x > 0.5, 0.3, 0.7)  # P(course A)
    shown = rng.random(n) < logged
    outcome = np.where(shown, x, 0.3) + rng.normal(0, 0.2, n)
    return x, np.where(shown, logged, 1 - logged), shown, outcome


def test_all_three_estimators_hold_the_value_of_another_ranking():
    x, logged, shown, outcome = _log(1)
    wants_a = x > 0.3
    wanted = (shown == wants_a).astype(float)
    truth = np.where(wants_a, x, 0.3).mean()
    school = np.arange(len(x)) % 80
    expected = np.where(shown, x, 0.3) + 0.1  # a model that is off
    value = policy_value(outcome, logged, wanted, expected, np.where(wants_a, x, 0.3) + 0.1, school, 0)
    for estimate in (value.ips, value.snips, value.dr):
        assert estimate.value == pytest.approx(truth, abs=0.03) and estimate.low < truth < estimate.high
    assert value.trusted and value.clipped == 0.0
    assert value.dr.high - value.dr.low < value.ips.high - value.ips.low


def test_a_log_that_says_nothing_is_not_trusted():
    x, logged, _, outcome = _log(2, 200)
    wanted = np.zeros(200)
    wanted[:10] = 1.0
    value = policy_value(outcome, logged, wanted, x, x, np.arange(200) % 20, 0)
    assert not value.trusted
    with pytest.raises(ValueError, match="logged probability"):
        policy_value(outcome, logged * 0, wanted, x, x, np.arange(200) % 20, 0)


def test_the_permutation_test_holds_its_level_and_sees_what_is_there():
    rng = np.random.default_rng(0)
    result = []
    for seed in range(100):
        ours, theirs = rng.normal(0, 1, (2, 200))
        result.append(permutation_p(ours, theirs, np.arange(200) % 25, seed))
    assert np.mean(np.array(result) < 0.05) <= 0.12
    assert permutation_p(rng.normal(0.5, 1, 400), rng.normal(0, 1, 400), np.arange(400) % 40, 0) < 0.01
    assert np.isnan(permutation_p(np.ones(6), np.zeros(6), np.arange(6) % 3, 0))
