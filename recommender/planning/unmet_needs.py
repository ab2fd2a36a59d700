"""Needs that no course meets: what a district could have developed.

Counted are teachers with a clear or possible need to whom no open course is a match, that is none whose goals
serve that need, or none that the plan could afford to give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.plan_metrics import SERVES
from recommender.planning.problem.candidate_pairs import Index
from recommender.planning.problem.district import District

LONGEST: Final = 40


@dataclass(frozen=True)
class UnmetNeed:
    """One competency in one stage: who needs it, how many find no course for it, how many are left without.

    gap: their average expected gap, teacher-SD. A course would find `unserved` takers."""

    competency_id: str
    name_zh: str
    name_en: str
    stage: str
    needing: int
    unserved: int
    uncovered: int
    gap: float


def unmet_needs(district: District, chosen: Index) -> list[UnmetNeed]:
    """Most unserved first; groups of fewer than ten are left out."""
    pairs, needs = district.pairs, district.snapshot.needs
    leaves = len(needs.competency_ids)
    needed = district.needs.weight.reshape(len(district.people), leaves)
    served, covered = np.zeros(needed.size, bool), np.zeros(needed.size, bool)
    for g in range(pairs.cell.shape[1]):
        good = (pairs.share[:, g] >= SERVES) & (pairs.gain > 0)
        served[pairs.cell[good, g]] = True
        covering = chosen[pairs.share[chosen, g] >= SERVES]
        covered[pairs.cell[covering, g]] = True
    served, covered = served.reshape(needed.shape), covered.reshape(needed.shape)
    gap = district.needs.expected_gap.reshape(needed.shape)
    names = district.snapshot.tables["competencies"].set_index("competency_id")
    stages = district.register["stage"].astype(str).to_numpy()
    result = []
    for stage in sorted(set(stages)):
        of_stage = stages == stage
        for k, competency in enumerate(needs.competency_ids):
            who = needed[:, k] * of_stage
            unserved = who * ~served[:, k]
            if round(unserved.sum()) < DISTRICT_MINIMUM:
                continue
            result.append(
                UnmetNeed(
                    competency, str(names.at[competency, "name_zh"]), str(names.at[competency, "name_en"]),
                    stage, round(who.sum()), round(unserved.sum()), round((who * ~covered[:, k]).sum()),
                    float(np.average(gap[:, k], weights=unserved)),
                )
            )  # fmt: skip
    return sorted(result, key=lambda m: (-m.unserved, m.competency_id, m.stage))[:LONGEST]
