"""Needs under alternative specifications of the model: rank agreement of teachers, and changes of bands."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.checks.context import SchoolSample
from features.needs.checks.leave_source_out import SamplePosterior, leave_source_out
from features.needs.evidence.sources.source_registry import indirect_names
from features.needs.gap import band, expected_gap, p_need
from features.needs.model.source_parameters import PHI

Array = NDArray[np.float64]
COLUMNS: Final = [
    "specification",
    "people",
    "cells",
    "rank_agreement",
    "lowest_rank_agreement",
    "changed",
    "flipped",
]


def sensitivity(sample: SchoolSample, reference: SamplePosterior) -> pd.DataFrame:
    """One row a specification: no_explained_mean (prior mean 0), even_competencies (equal correlation of any two),
    no_departments, stated_ageing (autocorrelation at its prior), and all_together.

    rank_agreement: Spearman's correlation of expected gaps over the sample's teachers, mean over competencies, and the
    lowest; changed: share of (teacher, competency) with another band; flipped: clear became none, or none clear.
    """
    parts, k = sample.components, sample.prior_mean.shape[1]
    even = np.full((k, k), parts.mean_correlation)
    np.fill_diagonal(even, 1.0)
    nothing = np.zeros_like(sample.prior_mean)
    changes = {
        "no_explained_mean": (parts, nothing),
        "even_competencies": (replace(parts, competency_correlation=even), sample.prior_mean),
        "no_departments": (replace(parts, department=0.0), sample.prior_mean),
        "stated_ageing": (replace(parts, phi=PHI), sample.prior_mean),
        "all_together": (replace(parts, competency_correlation=even, department=0.0, phi=PHI), nothing),
    }
    rows = []
    for name, (other, mean) in changes.items():
        posterior = leave_source_out(sample, components=other, prior_mean=mean)
        rows.append(
            (name, len(sample.teachers), int(sample.applies.sum()), *_agreement(sample, reference, posterior))
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _agreement(
    sample: SchoolSample, one: SamplePosterior, other: SamplePosterior
) -> tuple[float, float, float, float]:
    gaps = [expected_gap(sample.target - p.mean, p.sd) for p in (one, other)]
    bands = [_bands(sample, p) for p in (one, other)]
    agreements = [
        _spearman(gaps[0][applies, k], gaps[1][applies, k])
        for k, applies in enumerate(sample.applies.T)
        if applies.sum() >= DISTRICT_MINIMUM
    ]
    agreements = [a for a in agreements if np.isfinite(a)]
    first, second = (b[sample.applies] for b in bands)
    if not len(first) or not agreements:
        return float("nan"), float("nan"), float("nan"), float("nan")
    flipped = ((first == "clear") & (second == "none")) | ((first == "none") & (second == "clear"))
    return (
        float(np.mean(agreements)),
        min(agreements),
        float(np.mean(first != second)),
        float(np.mean(flipped)),
    )


def _bands(sample: SchoolSample, posterior: SamplePosterior) -> NDArray[np.str_]:
    probability = p_need(sample.target - posterior.mean, posterior.sd)
    direct = np.zeros(sample.prior_mean.shape, dtype=bool)
    for cell in sample.cells:
        if cell.name not in indirect_names() and len(cell.t):
            np.logical_or.at(direct, cell.t, cell.q[cell.j] > 0)
    return band(posterior.reliability, probability, ~direct)


def _spearman(a: Array, b: Array) -> float:
    """Pearson's correlation of mid-ranks; NaN where one side does not vary."""
    from scipy.stats import rankdata  # not in processes that only serve

    x, y = rankdata(a), rankdata(b)
    if np.std(x) < 1e-9 or np.std(y) < 1e-9:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
