"""Standard errors of variance components and loadings by a delete-a-group jackknife over whole schools.

Method: Kott (2001), J. Official Statistics 17, section 2. Schools are assigned to G groups in turn; the variance is
(G - 1) / G times the sum of squared deviations of the G estimates without one group from their mean. Clustering in
schools is thereby included. An estimate shrunk towards its prior varies less than its uncertainty: the error of a
loading is the larger of the jackknife's and the estimator's own. Priors have no error, nor have estimates that stay at
a bound (such as 0) in all replicates, of which a jackknife tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.context import restrict_source, select_schools
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.variance_components import VarianceComponents, estimate

Array = NDArray[np.float64]
Index = NDArray[np.intp]
GROUPS: Final = 10
MIN_SCHOOLS: Final = 6
TEACHERS: Final = 3000  # in the replicates; the error is scaled to all schools
KEYS: Final = ["name", "source"]


@dataclass(frozen=True)
class Replicates:
    """Variance components estimated without one group of schools each; share: of all schools that were used."""

    parts: tuple[VarianceComponents, ...]
    share: float

    def error(self, values: Array) -> Array:
        """Standard error (...) of a statistic with values (G, ...) in the replicates; NaN where G < 2 or a value is NaN."""
        g = len(values)
        if g < 2:
            return np.full(values.shape[1:], np.nan)
        off: Array = values - values.mean(axis=0)
        return np.asarray(np.sqrt((g - 1) / g * (off**2).sum(axis=0) * self.share))


def jackknife_replicates(context: DiagnosisContext, teachers: int = TEACHERS) -> Replicates:
    """Estimates without each of GROUPS groups of whole schools; none with fewer than MIN_SCHOOLS schools."""
    index = context.hierarchy.index
    schools = select_schools(context.hierarchy, teachers, index.schools)
    groups = min(GROUPS, len(schools) // 2)
    if len(schools) < MIN_SCHOOLS or not context.evidence.sources:
        return Replicates((), 1.0)
    order = np.lexsort((schools, index.district[schools]))
    group = np.empty(len(schools), np.intp)
    group[order] = np.arange(len(schools)) % groups
    group_of_school = np.full(index.schools, -1, np.intp)
    group_of_school[schools] = group
    group_of_teacher = group_of_school[index.school]
    retained = [
        np.flatnonzero((group_of_teacher >= 0) & (group_of_teacher != left_out)) for left_out in range(groups)
    ]
    parts = tuple(_estimated(context, teachers_of.astype(np.intp)) for teachers_of in retained)
    return Replicates(parts, len(schools) / index.schools)


def component_errors(context: DiagnosisContext, replicates: Replicates) -> pd.DataFrame:
    """Rows name, source, value, se, from: the context's components with standard errors, NaN where there is none."""
    rows = context.components.table
    key = pd.MultiIndex.from_frame(rows[KEYS])
    values = [
        part.table.set_index(KEYS)["value"].reindex(key).to_numpy(np.float64) for part in replicates.parts
    ]
    error = replicates.error(np.array(values).reshape(len(values), len(rows)))
    error = np.where(error > 1e-9, error, np.nan)
    estimated_sd = rows["sd"].to_numpy(dtype=np.float64)
    result = rows.assign(se=np.where(rows["from"] == "data", np.fmax(error, estimated_sd), np.nan))
    return result[[*KEYS, "value", "se", "from"]]


def _estimated(context: DiagnosisContext, teachers: Index) -> VarianceComponents:
    """Variance components estimated from these teachers alone."""
    index = context.hierarchy.index
    number = np.full(len(index.school), -1, np.intp)
    number[teachers] = np.arange(len(teachers))
    sources: list[StandardizedSource] = [
        restrict_source(source, number) for source in context.evidence.sources
    ]
    school, department = (
        np.unique(a[teachers], return_inverse=True)[1].astype(np.intp)
        for a in (index.school, index.department)
    )
    non_empty = [s for s in sources if len(s)]
    return estimate(non_empty, school, department, index.districts, len(context.competency_ids))
