"""Posterior effects of courses on planted tests."""

from __future__ import annotations

import numpy as np

from models.effects.effect_estimates import CourseEffects, _posterior
from models.effects.pre_post_tests import PrePostSums

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
