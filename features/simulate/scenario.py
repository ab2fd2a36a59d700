"""The kinds of city that can be drawn: one set of switches a name, and what each seed makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from features.simulate.random_streams import stream


@dataclass(frozen=True)
class Scenario:
    """Shares are between 0 and 1; of the variance of abilities `between` lies between schools, and `general`
    is common to all competencies of a person."""

    zh: str
    en: str
    observed: float = 0.70
    linked: float = 0.60
    feedback: float = 0.70
    self_report: float = 0.85
    monitored: int = 20
    between: float = 0.17
    general: float = 0.46
    district_sd: float = 0.10
    selection: float = 0.40
    sorting: float = 0.0
    heavy: bool = False
    enrolments: bool = True
    evidence: bool = True
    dirty: bool = False


BY_NAME: Final[dict[str, Scenario]] = {
    "plain": Scenario("常规城市", "an ordinary city"),
    "no_observation": Scenario("没有课堂观察", "no classroom observation at all", observed=0.0),
    "sparse": Scenario(
        "证据稀少", "little evidence of any kind",
        observed=0.15, linked=0.25, feedback=0.20, self_report=0.40, monitored=6,
    ),
    "heavy_tails": Scenario("厚尾误差", "errors with heavy tails", heavy=True),
    "unequal": Scenario(
        "校际差异大", "large differences between schools and districts", between=0.45, district_sd=0.35,
    ),
    "confounded": Scenario(
        "强选择偏差", "strong selection into courses and classes", selection=1.1, sorting=0.45
    ),
    "cold": Scenario("没有选课记录", "no enrolments yet", enrolments=False),
    "no_evidence": Scenario("只有选课记录", "enrolments only, no evidence", evidence=False),
    "dirty": Scenario("数据有错", "an ordinary city with faults in its files", dirty=True),
}  # fmt: skip


def drawn(scenario: Scenario, seed: int) -> Scenario:
    """The scenario as this city has it: no two cities have the same structure of abilities."""
    rng = stream(seed, "structure")
    between = min(scenario.between * float(rng.uniform(0.7, 1.4)), 0.6)
    return replace(scenario, between=between, general=scenario.general * float(rng.uniform(0.75, 1.3)))


SCENARIOS: Final[dict[str, tuple[str, str]]] = {name: (s.zh, s.en) for name, s in BY_NAME.items()}
