"""The scenarios of the simulated city by name, and the parameters that a seed draws from each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from features.simulate.random_streams import stream


@dataclass(frozen=True)
class Scenario:
    """Shares are between 0 and 1; of the variance of abilities `between` lies between schools, and `general`
    is common to all competencies of a person, `family` of the rest to those of one parent competency. `career`: SD over
    competencies of what a standard deviation of log years of service adds; half a year multiplies abilities by `persistence`
    and adds noise of SD `wander`."""

    observed: float = 0.70
    linked: float = 0.60
    feedback: float = 0.70
    self_report: float = 0.85
    monitored: int = 20
    between: float = 0.17
    general: float = 0.46
    family: float = 0.0
    career: float = 0.0
    persistence: float = 0.985
    wander: float = 0.10
    district_sd: float = 0.10
    selection: float = 0.40
    sorting: float = 0.0
    heavy: bool = False
    enrolments: bool = True
    evidence: bool = True
    dirty: bool = False


# the words of a scenario: simulate.scenario_NAME in recommender/text/simulate.toml
BY_NAME: Final[dict[str, Scenario]] = {
    "plain": Scenario(),
    "no_observation": Scenario(observed=0.0),
    "sparse": Scenario(observed=0.15, linked=0.25, feedback=0.20, self_report=0.40, monitored=6),
    "heavy_tails": Scenario(heavy=True),
    "unequal": Scenario(between=0.45, district_sd=0.35),
    "confounded": Scenario(selection=1.1, sorting=0.45),
    "cold": Scenario(enrolments=False),
    "no_evidence": Scenario(evidence=False),
    "dirty": Scenario(dirty=True),
    "drift": Scenario(persistence=0.93, wander=0.36),
    "profiles": Scenario(general=0.30, family=0.30, career=0.35),
}


def draw_scenario(scenario: Scenario, seed: int) -> Scenario:
    """The scenario with the variance components of one city: they differ from seed to seed."""
    rng = stream(seed, "structure")
    between = min(scenario.between * float(rng.uniform(0.7, 1.4)), 0.6)
    return replace(scenario, between=between, general=scenario.general * float(rng.uniform(0.75, 1.3)))


SCENARIOS: Final = tuple(BY_NAME)
