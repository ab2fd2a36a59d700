"""Contribution of each source: mean reliability with all sources, and without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.checks.context import SchoolSample, sample_schools, select_schools
from features.needs.checks.jackknife import Replicates
from features.needs.checks.leave_source_out import SamplePosterior, leave_source_out
from features.needs.checks.profile_reliability import profile_reliability
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.sources.source_registry import reported_name

Array = NDArray[np.float64]
COLUMNS: Final = ["competency_id", "source", "people", "whole", "without", "drop", "profile", "profile_without"]
REPLICATE_TEACHERS: Final = 300  # whose reliability is computed for each replicate


def sources_of(sample: SchoolSample) -> dict[str, tuple[str, ...]]:
    """Reported source -> its sources in the model."""
    sources: dict[str, tuple[str, ...]] = {}
    for name in sample.names:
        reported = reported_name(name)
        sources[reported] = (*sources.get(reported, ()), name)
    return sources


def reliability_by_source(
    sample: SchoolSample,
    leaves: tuple[str, ...],
    whole: SamplePosterior,
    without: Mapping[str, SamplePosterior],
) -> pd.DataFrame:
    """Rows competency_id ("all" first), source, people, whole, without, drop: means over the sample's teachers to
    whom the competency applies; NaN where they are fewer than DISTRICT_MINIMUM. Rows "all" also have profile and
    profile_without: the reliability inside teachers' profiles (`profile_reliability`).

    without: reported source -> posterior without it.
    """
    people = [int(sample.applies.any(axis=1).sum()), *sample.applies.sum(axis=0).tolist()]
    full, profile = _mean_reliability(sample, whole), profile_reliability(sample, whole.mean)
    rows = []
    for source, less in without.items():
        reduced = _mean_reliability(sample, less)
        profiles = (profile, profile_reliability(sample, less.mean))
        for i, name in enumerate(("all", *leaves)):
            inside = profiles if i == 0 else (np.nan, np.nan)
            rows.append((name, source, people[i], full[i], reduced[i], full[i] - reduced[i], *inside))
    return pd.DataFrame(rows, columns=COLUMNS)


def add_standard_errors(
    table: pd.DataFrame,
    context: DiagnosisContext,
    sample: SchoolSample,
    whole: SamplePosterior,
    replicates: Replicates,
) -> pd.DataFrame:
    """The table with whole_se and drop_se, NaN where there are no replicates.

    Both include the error of the components: reliability is recomputed with each replicate's components on a small
    sample of schools. whole_se also includes the sampling error of schools, with finite population correction.
    """
    few = sample_schools(context, select_schools(context.hierarchy, REPLICATE_TEACHERS))
    parts = sources_of(sample)
    usable = [p for p in replicates.parts if p.sources.keys() == sample.components.sources.keys()]
    usable = usable if set(sources_of(few)) == set(parts) else []
    k = sample.applies.shape[1]
    reliability = np.full((len(usable), len(parts) + 1, k + 1), np.nan)
    for g, other in enumerate(usable):
        for i, left_out in enumerate([(), *parts.values()]):
            reliability[g, i] = _mean_reliability(few, leave_source_out(few, left_out, other))
    full = np.hypot(
        replicates.error(reliability[:, 0]), _sampling_error(sample, whole, context.hierarchy.index.schools)
    )
    drops = replicates.error(reliability[:, :1] - reliability[:, 1:])
    # rows of the table: by source, and by competency within source
    errors = {"whole_se": np.tile(full, len(parts)), "drop_se": drops.reshape(-1)}
    return table.assign(**{name: np.where(table["whole"].notna(), se, np.nan) for name, se in errors.items()})


def _sampling_error(sample: SchoolSample, posterior: SamplePosterior, schools: int) -> Array:
    """(K + 1,) standard errors of the means under sampling of whole schools, of `schools` in all."""
    means, values = _mean_reliability(sample, posterior), np.where(sample.applies, posterior.reliability, 0.0)
    residual = np.column_stack([(values - means[0]) * sample.applies, (values - means[1:]) * sample.applies])
    k = values.shape[1]
    sums = np.zeros((len(sample.schools), 2 * k))
    np.add.at(sums, sample.school, residual)
    off = np.column_stack([sums[:, :k].sum(axis=1), sums[:, k:]])
    m = len(sample.schools)
    count = np.array([sample.applies.sum(), *sample.applies.sum(axis=0)], dtype=np.float64)
    error = np.sqrt((off**2).sum(axis=0) * m / max(m - 1, 1) * (1.0 - m / max(schools, m)))
    return np.asarray(error / np.maximum(count, 1.0))


def _mean_reliability(sample: SchoolSample, posterior: SamplePosterior) -> Array:
    """(K + 1,) mean reliability, over all competencies first; NaN over fewer than DISTRICT_MINIMUM teachers."""
    values, n = np.where(sample.applies, posterior.reliability, 0.0), sample.applies.sum(axis=0)
    enough = np.array([sample.applies.any(axis=1).sum(), *n]) >= DISTRICT_MINIMUM
    total, count = np.array([values.sum(), *values.sum(axis=0)]), np.array([n.sum(), *n])
    return np.asarray(np.where(enough, total / np.maximum(count, 1), np.nan), dtype=np.float64)
