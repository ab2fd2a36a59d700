"""Her needs with the estimates that her own view has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import numpy as np

from features.needs.evidence.sources.source_registry import indirect_names
from features.needs.gap import band, expected_gap, p_need
from features.needs.model.teacher_posterior import CHANGEABLE, TeacherPosterior
from recommender.types import Band, Need


def with_own_view(needs: Iterable[Need], posterior: TeacherPosterior, leaf: Mapping[str, int]) -> tuple[Need, ...]:
    """Largest expected gap first; leaf: the place of each competency in the posterior."""
    changed = [_changed(need, posterior, leaf[need.competency_id]) for need in needs]
    return tuple(sorted(changed, key=lambda need: (-need.expected_gap, need.competency_id)))


def _changed(need: Need, posterior: TeacherPosterior, k: int) -> Need:
    """The need with another estimate; known only through self-report and monitoring it is never clear."""
    mean, sd = float(posterior.mean[k]), float(posterior.sd[k])
    gap = np.array([need.mean + need.gap_mean - mean])
    spread, reliability = np.array([sd]), np.array([min(max(1.0 - sd**2, 0.0), 1.0)])
    probability = p_need(gap, spread)
    sources = need.sources if posterior.own_weight[k] <= 0 else tuple(sorted({*need.sources, CHANGEABLE}))
    indirect = np.array([set(sources) <= set(indirect_names())])
    return replace(
        need, mean=mean, sd=sd, gap_mean=float(gap[0]), gap_sd=sd, reliability=float(reliability[0]),
        p_need=float(probability[0]), expected_gap=float(expected_gap(gap, spread)[0]),
        band=cast(Band, str(band(reliability, probability, indirect)[0])), sources=sources,
    )  # fmt: skip
