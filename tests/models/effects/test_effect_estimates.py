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
    prior = np.repeat([0.03, 0.1, 0.35], C // 3)
    effect = np.maximum(prior * rng.normal(1.0, 0.8, C), 0.0)
    design = np.eye(3)[np.repeat(np.arange(3), C // 3)]
    posteriors = [
        _posterior(
            prior,
            design,
            np.full(3, 0.01),
            np.maximum(0.8 * prior, 0.02),
            _tests(effect, a, np.random.default_rng(1)),
        )
        for a in (0.0, 5.0)
    ]
    np.testing.assert_allclose(posteriors[0][0], posteriors[1][0], atol=1e-5)
    prior_correlation = np.corrcoef(prior, effect)[0, 1]
    assert np.corrcoef(posteriors[0][0], effect)[0, 1] > prior_correlation
    assert (posteriors[0][1] > 0).all()


def test_without_tests_the_priors_stand():
    prior = np.full(C, 0.1)
    mean, _, _ = _posterior(prior, np.ones((C, 1)), np.full(1, 0.01), prior, PrePostSums.empty(C))
    np.testing.assert_allclose(mean, prior)


def test_effects_travel_as_json():
    effects = CourseEffects({"C1": (0.1, 0.05, 12, 3, "works")})
    assert CourseEffects.from_json(effects.to_json()) == effects
    mean, sd = effects.of(np.array(["C1", "new"], dtype=object), np.array([0.3, 0.3]), np.array([0.1, 0.1]))
    assert mean.tolist() == [0.1, 0.3] and sd.tolist() == [0.05, 0.1]
