"""What the data could not say, or nobody used: priors in the place of estimates, bounds, raters who never met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from features.needs.diagnosis_context import DiagnosisContext

FEWEST_PAIRS = 30  # teachers seen by two raters, below which severity cannot be told from ability


@dataclass(frozen=True)
class DataGaps:
    """unused: source, indicator; bounded: pairs of dimensions without a covariance; priors: components that were
    stated; raters, observed teachers, of whom seen by two raters or more; linked: share of raters in the largest
    group that common teachers hold together (NaN without raters)."""

    unused: tuple[tuple[str, str], ...]
    bounded: int
    priors: tuple[tuple[str, str], ...]
    raters: int
    observed: int
    seen_twice: int
    linked: float


def leftovers(found: DiagnosisContext) -> DataGaps:
    """All of it, from the evidence and the components."""
    rows = found.components.table
    priors = rows[rows["from"] == "prior"]
    seen = found.tables["observations"][["teacher_id", "rater_id"]].drop_duplicates()
    counts = seen.groupby("teacher_id").size()
    rater, raters = pd.factorize(seen["rater_id"])
    linked = float("nan")
    if len(raters):
        teacher, teachers = pd.factorize(seen["teacher_id"])
        who = sparse.csr_matrix((np.ones(len(seen)), (rater, teacher)), shape=(len(raters), len(teachers)))
        _, group = connected_components(who @ who.T, directed=False)
        linked = float(np.bincount(group).max() / len(raters))
    return DataGaps(
        tuple(sorted(found.evidence.unused)), found.evidence.adjusted.bounded,
        tuple(zip(priors["name"], priors["source"], strict=True)),
        len(raters), len(counts), int((counts >= 2).sum()), linked,
    )  # fmt: skip
