"""A lottery teaches more with more people and clearer outcomes, and knowing is worth something only where it changes choices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.effects.value_of_information import learnt_ratio, outcome_sd, value_of_choice

RATIO, SIGNAL = np.array([0.6, 0.6, 0.6, 0.6]), np.array([0.1, 0.1, 0.3, 0.1])


def test_what_is_learnt_grows_with_people_and_signal_and_never_exceeds_what_is_unknown():
    few, many = (learnt_ratio(RATIO, SIGNAL, np.full(4, n), np.full(4, n), 1.0) for n in (20.0, 2000.0))
    assert (few < many).all() and few[2] > few[0] and (many <= RATIO).all()
    endless = learnt_ratio(RATIO, SIGNAL, np.full(4, 1e9), np.full(4, 1e9), 1.0)
    np.testing.assert_allclose(endless, RATIO, rtol=1e-3)
    none = learnt_ratio(RATIO, np.array([0.1, 0.0, 0.3, 0.1]), np.array([0.0, 9, 9, 9]), np.array([9.0, 9, 0, 9]), 1.0)
    assert (none[:3] == 0).all() and none[3] > 0


def test_the_spread_of_posterior_means_is_that_of_a_simulated_lottery():
    rng = np.random.default_rng(2)
    effect = 0.3 * (1.0 + 0.6 * rng.standard_normal(200_000))
    error = 1.0 * np.sqrt(1 / 40 + 1 / 60)
    seen = effect + error * rng.standard_normal(len(effect))
    weight = 0.18**2 / (0.18**2 + error**2)
    simulated = np.std(0.3 + weight * (seen - 0.3)) / 0.3
    stated = learnt_ratio(np.array([0.6]), np.array([0.3]), np.array([40.0]), np.array([60.0]), 1.0)[0]
    assert stated == pytest.approx(simulated, rel=0.02)


def test_knowing_is_worth_what_it_changes():
    equal, clear = np.full((5, 4), 0.1), np.tile([1.0, 0.01, 0.01, 0.01], (5, 1))
    learnt = np.full(4, 0.3)
    assert value_of_choice(clear, learnt, 1, seed=0) == pytest.approx(0.0, abs=1e-4)
    # the best of four equal courses: 1.029 standard deviations above their mean
    assert value_of_choice(equal, learnt, 1, seed=0, draws=2000) == pytest.approx(1.029 * 0.03, rel=0.06)
    assert value_of_choice(equal, learnt, 4, seed=0) == pytest.approx(0.0, abs=1e-12)
    assert value_of_choice(equal, np.zeros(4), 1, seed=0) == 0.0
    assert value_of_choice(equal, 2 * learnt, 1, seed=0) > value_of_choice(equal, learnt, 1, seed=0)


def test_outcomes_are_noisier_where_less_is_measured(district, planted):
    needs = planted(district, date(2026, 6, 30))
    sure = replace(needs, reliability=np.where(needs.applies, 0.8, 0.0))
    vague = replace(needs, reliability=np.where(needs.applies, 0.2, 0.0))
    assert outcome_sd(sure, 0.5) < outcome_sd(vague, 0.5) < outcome_sd(vague, 1.0)
    assert np.isnan(outcome_sd(replace(needs, reliability=np.zeros_like(needs.reliability)), 0.5))
