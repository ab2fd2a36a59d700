"""How unsure the variance components and loadings are: a delete-a-group jackknife over whole schools.

Method: Kott (2001), J. Official Statistics 17, section 2. Schools go to G groups in turn; estimates without one group
each have variance (G - 1) / G x the sum of their squared distances from their mean. Everything that teachers of a
school share is in it. A value drawn to its prior varies less than it is unsure: of loadings the wider of this and
of what the estimation itself says is told, and what is stated, not estimated, gets no error.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.ground import Ground, chosen_schools, values_of
from features.needs.components import estimate
from features.needs.measures import Source

Index = NDArray[np.intp]
GROUPS: Final = 10
FEWEST_SCHOOLS: Final = 6
TEACHERS: Final = 3000  # that are looked at; the error is scaled to all
KEYS: Final = ["name", "source"]


def component_errors(found: Ground, teachers: int = TEACHERS) -> pd.DataFrame:
    """Rows name, source, value, se, from: `found.parts.rows` with standard errors; NaN where there is none."""
    rows = found.parts.rows
    tree, k = found.places.tree, len(found.leaves)
    schools = chosen_schools(found.places, teachers, tree.schools)
    groups = min(GROUPS, len(schools) // 2)
    told = rows.assign(se=np.nan)
    if len(schools) < FEWEST_SCHOOLS or not found.evidence.sources:
        return told[[*KEYS, "value", "se", "from"]]
    order = np.lexsort((schools, tree.district[schools]))
    group = np.empty(len(schools), np.intp)
    group[order] = np.arange(len(schools)) % groups
    of_school = np.full(tree.schools, -1, np.intp)
    of_school[schools] = group
    mine = of_school[tree.school]
    values = []
    for left_out in range(groups):
        keep = np.flatnonzero((mine >= 0) & (mine != left_out)).astype(np.intp)
        values.append(_estimated(found, keep, k))
    spread = pd.concat(values).groupby(level=KEYS)["value"].agg(["var", "count"])
    n = spread["count"]
    share = len(schools) / tree.schools
    error = ((n - 1) ** 2 / n * spread["var"] * share).pow(0.5).where(n == groups)
    se = error.reindex(pd.MultiIndex.from_frame(rows[KEYS])).to_numpy()
    known = rows["sd"].to_numpy(dtype=np.float64)
    told["se"] = np.where(rows["from"] == "data", np.fmax(se, known), np.nan)
    return told[[*KEYS, "value", "se", "from"]]


def _estimated(found: Ground, keep: Index, k: int) -> pd.DataFrame:
    """Components from these teachers alone."""
    tree = found.places.tree
    new = np.full(len(tree.school), -1, np.intp)
    new[keep] = np.arange(len(keep))
    sources: list[Source] = [values_of(source, new) for source in found.evidence.sources]
    school, department = (
        np.unique(a[keep], return_inverse=True)[1].astype(np.intp) for a in (tree.school, tree.department)
    )
    rows = estimate([s for s in sources if len(s)], school, department, tree.districts, k).rows
    return rows.set_index(KEYS)[["value"]]
