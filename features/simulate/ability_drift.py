"""Abilities: where they start and how they drift by themselves."""

from __future__ import annotations

import numpy as np

from features.simulate.city import SimulatedCity
from features.simulate.framework import LEAVES
from features.simulate.random_streams import Floats, noise, stream
from features.simulate.scenario import Scenario

PERIODS = 8  # half-years from autumn 2022 to spring 2026


def start_abilities(city: SimulatedCity, seed: int, scenario: Scenario) -> Floats:
    """(N, K) abilities before the first half-year; about SD 1, part of it the general factor."""
    rng = stream(seed, "abilities")
    n, k = len(city.school), len(LEAVES)
    schools = rng.standard_normal((len(city.school_ids), k)) * np.sqrt(scenario.between)
    own = noise(rng, (n, k), scenario.heavy) * np.sqrt(1.0 - scenario.between)
    if scenario.family > 0 or scenario.career > 0:
        own = _with_profiles(own, city, seed, scenario)
    common, apart = np.sqrt(scenario.general), np.sqrt(1.0 - scenario.general)
    return np.asarray(common * city.general[:, None] + apart * (schools[city.school] + own))


def _with_profiles(own: Floats, city: SimulatedCity, seed: int, scenario: Scenario) -> Floats:
    """(N, K) own parts of which a share is common to the competencies of one parent, and slopes on log years of service that
    differ between competencies."""
    rng = stream(seed, "profiles")
    parents = sorted({leaf.parent for leaf in LEAVES})
    parent = np.array([parents.index(leaf.parent) for leaf in LEAVES])
    shared = rng.standard_normal((len(own), len(parents)))[:, parent] * np.sqrt(1.0 - scenario.between)
    experience = np.log1p(city.years)
    experience = (experience - experience.mean()) / experience.std()
    slopes = scenario.career * rng.standard_normal(len(LEAVES))
    mixed = np.sqrt(scenario.family) * shared + np.sqrt(1.0 - scenario.family) * own
    return np.asarray(mixed + experience[:, None] * slopes)


def drift(ability: Floats, city: SimulatedCity, rng: np.random.Generator, scenario: Scenario) -> Floats:
    """Half a year passes: beginners learn, everyone wanders a little towards the middle."""
    young = 0.03 * np.exp(-city.years / 5.0)[:, None]
    noise_of_half_year = scenario.wander * rng.standard_normal(ability.shape)
    return np.asarray(scenario.persistence * ability + young + noise_of_half_year)
