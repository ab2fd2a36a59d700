"""Effects of courses and claims on planted data: what is there is found, what is not is not claimed."""

from __future__ import annotations

import numpy as np
import pytest

from models.effects.effect_estimates import CourseEffects, _posterior
from models.effects.pre_post_tests import PrePostSums
from models.effects.treatment_effects import TreatmentEffect, _doubly_robust, _less_common_effect

C = 60


def _tests(effect, offset, rng, people=60, noise=0.9):
    course = np.repeat(np.arange(C), people)
    z = rng.uniform(0.3, 0.6, len(course))
    y = offset + z * effect[course] + rng.normal(0, noise, len(course))
    return PrePostSums.of(course, z, y, np.full(len(course), noise**2), C)


def test_tests_find_which_courses_do_more_whatever_the_offset():
    rng = np.random.default_rng(0)
    stated = np.repeat([0.03, 0.1, 0.35], C // 3)
    effect = np.maximum(stated * rng.normal(1.0, 0.8, C), 0.0)
    design = np.eye(3)[np.repeat(np.arange(3), C // 3)]
    found = [
        _posterior(
            stated,
            design,
            np.full(3, 0.01),
            np.maximum(0.8 * stated, 0.02),
            _tests(effect, a, np.random.default_rng(1)),
        )
        for a in (0.0, 5.0)
    ]
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-5)
    before = np.corrcoef(stated, effect)[0, 1]
    assert np.corrcoef(found[0][0], effect)[0, 1] > before
    assert (found[0][1] > 0).all()


def test_without_tests_the_stated_effects_stand():
    stated = np.full(C, 0.1)
    mean, _, _ = _posterior(stated, np.ones((C, 1)), np.full(1, 0.01), stated, PrePostSums.empty(C))
    np.testing.assert_allclose(mean, stated)


def test_effects_travel_as_json():
    held = CourseEffects({"C1": (0.1, 0.05, 12, 3, "works")})
    assert CourseEffects.from_json(held.to_json()) == held
    mean, sd = held.of(np.array(["C1", "new"], dtype=object), np.array([0.3, 0.3]), np.array([0.1, 0.1]))
    assert mean.tolist() == [0.1, 0.3] and sd.tolist() == [0.05, 0.1]


def _people(effect, chosen_by_facts, seed, n=1500):
    rng = np.random.default_rng(seed)
    facts = rng.normal(0, 1, (n, 5))
    ours = rng.random(n) < 1 / (1 + np.exp(2.0 - chosen_by_facts * facts[:, 0]))
    y = 0.5 * facts[:, 0] + effect * ours + rng.normal(0, 1, n)
    return y, ours, ~ours, facts, rng.integers(0, 40, n)


def test_a_doubly_robust_effect_is_free_of_what_facts_decide():
    found = [_doubly_robust(*_people(0.5, 0.8, seed)) for seed in range(12)]
    effects = np.array([told for told in found if told is not None])
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
        found = TreatmentEffect(
            effect.copy(), np.full(25, 0.1), np.full(25, 20), np.full(25, 90),
            np.full(25, "comparison", object), np.zeros(25),
        )  # fmt: skip
        wrong += int((_less_common_effect(found).claims() == "works").sum())
    assert wrong / (40 * 25) <= 0.05


def test_nothing_is_said_to_have_no_effect_where_the_comparison_makes_it_harmful():
    found = TreatmentEffect(
        np.array([-0.8, 0.0, 0.3]), np.array([0.2, 0.02, 0.1]), np.full(3, 20), np.full(3, 90),
        np.full(3, "lottery", object), np.zeros(3),
    )  # fmt: skip
    assert found.claims().tolist() == ["unknown", "no_effect", "works"]


def test_an_unsure_comparison_never_says_no_effect():
    found = TreatmentEffect(
        np.array([-0.24, 0.0, 0.0]), np.array([0.15, 0.10, 0.02]), np.full(3, 50), np.full(3, 200),
        np.full(3, "comparison", object), np.zeros(3),
    )  # fmt: skip
    assert found.claims().tolist() == ["unknown", "unknown", "no_effect"]
