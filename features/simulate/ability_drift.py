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
    common, apart = np.sqrt(scenario.general), np.sqrt(1.0 - scenario.general)
    return np.asarray(common * city.general[:, None] + apart * (schools[city.school] + own))


def drift(ability: Floats, city: SimulatedCity, rng: np.random.Generator) -> Floats:
    """Half a year passes: beginners learn, everyone wanders a little towards the middle."""
    young = 0.03 * np.exp(-city.years / 5.0)[:, None]
    return np.asarray(0.985 * ability + young + 0.10 * rng.standard_normal(ability.shape))
