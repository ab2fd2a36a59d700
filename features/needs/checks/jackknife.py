"""How unsure the variance components and loadings are: a delete-a-group jackknife over whole schools.

Method: Kott (2001), J. Official Statistics 17, section 2. Schools go to G groups in turn; estimates without one group
each have variance (G - 1) / G x the sum of their squared distances from their mean. Everything that teachers of a
school share is in it. A value drawn to its prior varies less than it is unsure: of loadings the wider of this and
of what the estimation itself says is told. No error is told of what is stated, not estimated, nor of what stays at its
limit (such as 0) whichever schools are left out: there the jackknife says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.context import chosen_schools, values_of
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.variance_components import VarianceComponents, estimate

Array = NDArray[np.float64]
Index = NDArray[np.intp]
GROUPS: Final = 10
FEWEST_SCHOOLS: Final = 6
TEACHERS: Final = 3000  # that are looked at; the error is scaled to all
KEYS: Final = ["name", "source"]


@dataclass(frozen=True)
class Replicates:
    """Components estimated without one group of schools each; share: of all schools that were looked at."""

    parts: tuple[VarianceComponents, ...]
    share: float

    def error(self, values: Array) -> Array:
        """(...) standard error of what the replicates (G, ...) say; NaN where there are none, or one is NaN."""
        g = len(values)
        if g < 2:
            return np.full(values.shape[1:], np.nan)
        off: Array = values - values.mean(axis=0)
        return np.asarray(np.sqrt((g - 1) / g * (off**2).sum(axis=0) * self.share))


def replicates(found: DiagnosisContext, teachers: int = TEACHERS) -> Replicates:
    """Of GROUPS groups of whole schools; none where schools are fewer than FEWEST_SCHOOLS."""
    index = found.hierarchy.index
    schools = chosen_schools(found.hierarchy, teachers, index.schools)
    groups = min(GROUPS, len(schools) // 2)
    if len(schools) < FEWEST_SCHOOLS or not found.evidence.sources:
        return Replicates((), 1.0)
    order = np.lexsort((schools, index.district[schools]))
    group = np.empty(len(schools), np.intp)
    group[order] = np.arange(len(schools)) % groups
    of_school = np.full(index.schools, -1, np.intp)
    of_school[schools] = group
    mine = of_school[index.school]
    keeps = [np.flatnonzero((mine >= 0) & (mine != left_out)) for left_out in range(groups)]
    parts = tuple(_estimated(found, keep.astype(np.intp)) for keep in keeps)
    return Replicates(parts, len(schools) / index.schools)


def component_errors(found: DiagnosisContext, drawn: Replicates) -> pd.DataFrame:
    """Rows name, source, value, se, from: `found.components.table` with standard errors; NaN where there is none."""
    rows = found.components.table
    key = pd.MultiIndex.from_frame(rows[KEYS])
    values = [part.table.set_index(KEYS)["value"].reindex(key).to_numpy(np.float64) for part in drawn.parts]
    error = drawn.error(np.array(values).reshape(len(values), len(rows)))
    error = np.where(error > 1e-9, error, np.nan)
    known = rows["sd"].to_numpy(dtype=np.float64)
    told = rows.assign(se=np.where(rows["from"] == "data", np.fmax(error, known), np.nan))
    return told[[*KEYS, "value", "se", "from"]]


def _estimated(found: DiagnosisContext, keep: Index) -> VarianceComponents:
    """Components from these teachers alone."""
    index = found.hierarchy.index
    new = np.full(len(index.school), -1, np.intp)
    new[keep] = np.arange(len(keep))
    sources: list[StandardizedSource] = [values_of(source, new) for source in found.evidence.sources]
    school, department = (
        np.unique(a[keep], return_inverse=True)[1].astype(np.intp) for a in (index.school, index.department)
    )
    told = [s for s in sources if len(s)]
    return estimate(told, school, department, index.districts, len(found.competency_ids))
