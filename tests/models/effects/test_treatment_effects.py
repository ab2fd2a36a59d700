"""Treatment effects and claims on planted data."""

from __future__ import annotations

import numpy as np
import pytest

from models.effects.treatment_effects import TreatmentEffect, _doubly_robust, _less_common_effect


def _people(effect, chosen_by_facts, seed, n=1500):
    rng = np.random.default_rng(seed)
    facts = rng.normal(0, 1, (n, 5))
    ours = rng.random(n) < 1 / (1 + np.exp(2.0 - chosen_by_facts * facts[:, 0]))
    y = 0.5 * facts[:, 0] + effect * ours + rng.normal(0, 1, n)
    return y, ours, ~ours, facts, rng.integers(0, 40, n)


def test_a_doubly_robust_effect_is_free_of_what_facts_decide():
    estimates = [_doubly_robust(*_people(0.5, 0.8, seed)) for seed in range(12)]
    effects = np.array([estimate for estimate in estimates if estimate is not None])
    assert len(effects) >= 6
    assert effects[:, 0].mean() == pytest.approx(0.5, abs=0.08)
    assert 0.5 < effects[:, 0].std() / effects[:, 1].mean() < 2.0


def test_without_overlap_nothing_is_said():
    y, _, _, facts, school = _people(0.5, 0.8, 1)
    ours = facts[:, 0] > 1.0
    assert _doubly_robust(y, ours, ~ours, facts, school) is None


def test_what_all_compared_courses_share_is_not_an_effect_and_few_nulls_work():
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(40):
        effect = 0.3 + rng.normal(0, 0.1, 25)  # selection alone
        effects = TreatmentEffect(
            effect.copy(), np.full(25, 0.1), np.full(25, 20), np.full(25, 90),
            np.full(25, "comparison", object), np.zeros(25),
        )  # fmt: skip
        wrong += int((_less_common_effect(effects).claims() == "works").sum())
    assert wrong / (40 * 25) <= 0.05


def test_nothing_is_said_to_have_no_effect_where_the_comparison_makes_it_harmful():
    effects = TreatmentEffect(
        np.array([-0.8, 0.0, 0.3]), np.array([0.2, 0.02, 0.1]), np.full(3, 20), np.full(3, 90),
        np.full(3, "lottery", object), np.zeros(3),
    )  # fmt: skip
    assert effects.claims().tolist() == ["unknown", "no_effect", "works"]


def test_an_unsure_comparison_never_says_no_effect():
    effects = TreatmentEffect(
        np.array([-0.24, 0.0, 0.0]), np.array([0.15, 0.10, 0.02]), np.full(3, 50), np.full(3, 200),
        np.full(3, "comparison", object), np.zeros(3),
    )  # fmt: skip
    assert effects.claims().tolist() == ["unknown", "unknown", "no_effect"]
