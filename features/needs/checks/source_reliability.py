"""What each source adds: mean reliability with all sources, and without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.needs.checks.context import SchoolSample, chosen_schools, sample_of
from features.needs.checks.jackknife import Replicates
from features.needs.checks.leave_source_out import SamplePosterior, leave_source_out
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.sources.source_registry import reported_name

Array = NDArray[np.float64]
FEWEST: Final = DISTRICT_MINIMUM  # people a number may be about
FEW_TEACHERS: Final = 300  # that replicates are tried on


def sources_of(sample: SchoolSample) -> dict[str, tuple[str, ...]]:
    """Source as people know it -> the parts of the model that it is."""
    told: dict[str, tuple[str, ...]] = {}
    for name in sample.names:
        known = reported_name(name)
        told[known] = (*told.get(known, ()), name)
    return told


def reliability_by_source(
    sample: SchoolSample,
    leaves: tuple[str, ...],
    whole: SamplePosterior,
    without: Mapping[str, SamplePosterior],
) -> pd.DataFrame:
    """Rows competency_id ("all" first), source, people, whole, without, drop: means over the sample's teachers to
    whom the competency applies; NaN where they are fewer than FEWEST."""
    people = [int(sample.applies.any(axis=1).sum()), *sample.applies.sum(axis=0).tolist()]
    full = _means(sample, whole)
    rows = []
    for source, less in without.items():
        rest = _means(sample, less)
        for i, name in enumerate(("all", *leaves)):
            rows.append((name, source, people[i], full[i], rest[i], full[i] - rest[i]))
    return pd.DataFrame(rows, columns=["competency_id", "source", "people", "whole", "without", "drop"])


def with_errors(
    table: pd.DataFrame,
    found: DiagnosisContext,
    sample: SchoolSample,
    whole: SamplePosterior,
    drawn: Replicates,
) -> pd.DataFrame:
    """The table with whole_se and drop_se. Two things are unsure: the components (reliability is made again with
    each replicate's, on a few schools), and of the whole also which schools are in the sample (between schools, with
    the correction for having seen a share of them). NaN where there are no replicates."""
    few = sample_of(found, chosen_schools(found.hierarchy, FEW_TEACHERS))
    parts = sources_of(sample)
    usable = [p for p in drawn.parts if p.sources.keys() == sample.components.sources.keys()]
    usable = usable if set(sources_of(few)) == set(parts) else []
    k = sample.applies.shape[1]
    told = np.full((len(usable), len(parts) + 1, k + 1), np.nan)
    for g, other in enumerate(usable):
        for i, left_out in enumerate([(), *parts.values()]):
            told[g, i] = _means(few, leave_source_out(few, left_out, other))
    full = np.hypot(drawn.error(told[:, 0]), _between_schools(sample, whole, found.hierarchy.index.schools))
    drops = drawn.error(told[:, :1] - told[:, 1:])
    # the table goes through sources, and through competencies within each
    shown = {"whole_se": np.tile(full, len(parts)), "drop_se": drops.reshape(-1)}
    return table.assign(**{name: np.where(table["whole"].notna(), se, np.nan) for name, se in shown.items()})


def _between_schools(sample: SchoolSample, told: SamplePosterior, schools: int) -> Array:
    """(K + 1,) standard errors of the means over whole schools drawn from `schools`."""
    means, values = _means(sample, told), np.where(sample.applies, told.reliability, 0.0)
    rest = np.column_stack([(values - means[0]) * sample.applies, (values - means[1:]) * sample.applies])
    k = values.shape[1]
    sums = np.zeros((len(sample.schools), 2 * k))
    np.add.at(sums, sample.school, rest)
    off = np.column_stack([sums[:, :k].sum(axis=1), sums[:, k:]])
    m = len(sample.schools)
    count = np.array([sample.applies.sum(), *sample.applies.sum(axis=0)], dtype=np.float64)
    error = np.sqrt((off**2).sum(axis=0) * m / max(m - 1, 1) * (1.0 - m / max(schools, m)))
    return np.asarray(error / np.maximum(count, 1.0))


def _means(sample: SchoolSample, told: SamplePosterior) -> Array:
    """(K + 1,) mean reliability, all competencies first; NaN over fewer than FEWEST teachers."""
    values, n = np.where(sample.applies, told.reliability, 0.0), sample.applies.sum(axis=0)
    enough = np.array([sample.applies.any(axis=1).sum(), *n]) >= FEWEST
    total, count = np.array([values.sum(), *values.sum(axis=0)]), np.array([n.sum(), *n])
    return np.asarray(np.where(enough, total / np.maximum(count, 1), np.nan), dtype=np.float64)
