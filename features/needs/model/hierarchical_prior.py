"""The prior of abilities by level: a mean for each teacher, and covariances of districts, schools, departments, teachers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.model.hierarchy_index import HierarchyIndex
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
MIN_VARIANCE = 1e-4  # of a level


@dataclass(frozen=True)
class HierarchicalPrior:
    """mean (N, K), and covariances (K, K) of each level's own part."""

    mean: Array
    teacher: Array
    department: Array
    school: Array
    district: Array


def prior_of(components: VarianceComponents, mean: Array, index: HierarchyIndex) -> HierarchicalPrior:
    """The prior whose total variance over the population is 1 for each competency: what `mean` explains, common to all
    competencies, is subtracted from the covariances of the levels where it varies."""
    correlation = components.competency_correlation
    general = mean.mean(axis=1) if mean.size else np.zeros(len(index.school))
    size = np.maximum(np.bincount(index.school, minlength=index.schools), 1)
    school_mean = np.bincount(index.school, general, index.schools) / size
    between = float(np.average((school_mean - general.mean()) ** 2, weights=size)) if len(general) else 0.0
    within = float(np.mean((general - school_mean[index.school]) ** 2)) if len(general) else 0.0
    department = max(components.department, MIN_VARIANCE)
    teacher = 1.0 - components.school - department - components.district
    return HierarchicalPrior(
        mean, _subtract_common(teacher * correlation, within), department * correlation,
        _subtract_common(components.school * correlation, between), components.district * correlation,
    )  # fmt: skip


def _subtract_common(covariance: Array, variance: float) -> Array:
    """The covariance without a part common to all competencies; its eigenvalues are at least MIN_VARIANCE."""
    values, vectors = np.linalg.eigh(covariance - variance)
    return np.asarray((vectors * np.maximum(values, MIN_VARIANCE)) @ vectors.T)
