"""A teacher's growth: changes of her abilities between school years, with names, from comparable evidence alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from features.needs.model.ability_change import ability_changes
from features.needs.model.teacher_posterior import PosteriorState
from features.snapshot import Snapshot
from recommender.self_assessments.items import competency_names
from recommender.types import POINTS_PER_SD, Z_90


@dataclass(frozen=True)
class CompetencyGrowth:
    """One competency between two school years, by the calendar year in which they began. mean, sd: of the change, teacher-SD
    units; reliability: 1 - its variance over that before any evidence; n_from, n_to: values of the two years; sources: names.
    overall: from her first to her last year, where there are years between."""

    competency_id: str
    name_zh: str
    name_en: str
    from_cycle: int
    to_cycle: int
    mean: float
    sd: float
    reliability: float
    n_from: int
    n_to: int
    sources: tuple[str, ...]
    overall: bool

    @property
    def points(self) -> tuple[float, float, float]:
        """Change and the ends of its 90% interval, in points."""
        half = Z_90 * self.sd
        return (POINTS_PER_SD * self.mean, POINTS_PER_SD * (self.mean - half), POINTS_PER_SD * (self.mean + half))

    @property
    def direction(self) -> Literal["higher", "lower", "unclear"]:
        """unclear: the 90% interval holds 0, so the change cannot be told apart from none."""
        _, low, high = self.points
        return "higher" if low > 0 else "lower" if high < 0 else "unclear"


def growth_of(
    snapshot: Snapshot, state: PosteriorState, teacher: int, competency_ids: Collection[str]
) -> tuple[CompetencyGrowth, ...]:
    """Of the competencies in `competency_ids`, in the order of the framework."""
    ids, names = snapshot.needs.competency_ids, competency_names(snapshot.tables["competencies"])
    changes = ability_changes(state, teacher)
    longest = {k: max(one.to_year - one.from_year for one in changes if one.k == k) for k in {one.k for one in changes}}
    counts = {k: sum(one.k == k for one in changes) for k in longest}
    return tuple(
        CompetencyGrowth(
            ids[one.k], names[ids[one.k]].zh, names[ids[one.k]].en, one.from_year, one.to_year, one.mean, one.sd,
            one.reliability, *one.n, one.sources, counts[one.k] > 1 and one.to_year - one.from_year == longest[one.k],
        )
        for one in changes
        if ids[one.k] in competency_ids
    )  # fmt: skip
