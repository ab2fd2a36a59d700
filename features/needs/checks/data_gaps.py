"""Gaps of the data: unused indicators, covariances and components that are not estimable, raters without links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from features.needs.diagnosis_context import DiagnosisContext

MIN_DOUBLY_RATED = 30  # teachers observed by two raters, below which severity is not identified


@dataclass(frozen=True)
class DataGaps:
    """unused: (source, indicator) without a competency; bounded: number of pairs of dimensions without a covariance;
    priors: (name, source) of components that are priors; raters, observed: numbers of raters and of teachers observed;
    doubly_rated: teachers observed by two raters or more; linked: share of raters in the largest connected component of
    the graph of raters with common teachers, NaN without raters.
    """

    unused: tuple[tuple[str, str], ...]
    bounded: int
    priors: tuple[tuple[str, str], ...]
    raters: int
    observed: int
    doubly_rated: int
    linked: float


def data_gaps(context: DiagnosisContext) -> DataGaps:
    """The gaps of this diagnosis' evidence and components."""
    rows = context.components.table
    priors = rows[rows["from"] == "prior"]
    pairs = context.tables["observations"][["teacher_id", "rater_id"]].drop_duplicates()
    counts = pairs.groupby("teacher_id").size()
    rater, raters = pd.factorize(pairs["rater_id"])
    linked = float("nan")
    if len(raters):
        teacher, teachers = pd.factorize(pairs["teacher_id"])
        incidence = sparse.csr_matrix(
            (np.ones(len(pairs)), (rater, teacher)), shape=(len(raters), len(teachers))
        )
        _, group = connected_components(incidence @ incidence.T, directed=False)
        linked = float(np.bincount(group).max() / len(raters))
    return DataGaps(
        tuple(sorted(context.evidence.unused)), context.evidence.adjusted.bounded,
        tuple(zip(priors["name"], priors["source"], strict=True)),
        len(raters), len(counts), int((counts >= 2).sum()), linked,
    )  # fmt: skip
