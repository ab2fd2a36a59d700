"""What results of whole schools and districts say about the abilities of their teachers.

    z = BETA x q'ability + the unit's own part + sampling error            in pupil-SD

Monitoring reaches few schools, so BETA and the own parts are stated, not estimated; the own part, common to
all dimensions of a unit, keeps a school's intake and management from being read as its teachers' ability.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.class_attribution import UnitValues
from features.needs.model.hierarchical_posterior import UnitInformation
from features.needs.model.variance_components import PHI, SourceParameters

Array = NDArray[np.float64]
NAME: Final = "monitoring"
BETA: Final = 0.12  # pupil-SD a teacher-SD (measurement D9: .10 to .16)
OWN_GAIN: Final = {"school": 0.15, "district": 0.05}  # SD of the unit's own part, given earlier scores
OWN_LEVEL: Final = {"school": 0.45, "district": 0.20}  # and where intake is not known
TOGETHER: Final = 0.8  # of the own part is common to all dimensions


def monitoring_parameters() -> SourceParameters:
    """The school's own part as the joint posterior carries it; the rest is in the rows' errors."""
    return SourceParameters(BETA, float("nan"), 0.0, 0.0, 0.0, 0.0, TOGETHER * OWN_GAIN["school"] ** 2)


def direct(
    values: UnitValues, kind: str, place: NDArray[np.intp], own_column: int, width: int
) -> UnitInformation:
    """Information on the units; place: organization -> unit or -1; own_column: of the own part, -1 for none.

    Dense within a unit, because one test's dimensions share their pupils; few units have results.
    """
    rows = values.rows
    unit = place[rows["unit"].to_numpy(dtype=np.intp)] if len(rows) else np.zeros(0, np.intp)
    rows = rows.assign(unit=unit)[unit >= 0].reset_index(drop=True)
    units = np.unique(rows["unit"].to_numpy(dtype=np.intp))
    information, vector = np.zeros((len(units), width, width)), np.zeros((len(units), width))
    told = values.correlation.set_index(["assessment_id", "dimension_1", "dimension_2"])["correlation"]
    for i, (_, group) in enumerate(rows.groupby("unit", sort=True)):
        design = np.zeros((len(group), width))
        q = values.q[group["j"].to_numpy(dtype=np.intp)]
        design[:, : q.shape[1]] = BETA * PHI ** group["age"].to_numpy()[:, None] * q
        if own_column >= 0:
            design[:, own_column] = 1.0
        error = _error(group, told, kind, own_column >= 0)
        half = np.linalg.solve(error, design).T
        information[i], vector[i] = half @ design, half @ group["value"].to_numpy()
    return UnitInformation(units, information, vector)


def _error(group: pd.DataFrame, told: pd.Series, kind: str, carried: bool) -> Array:
    """(n, n) covariance of errors of one unit's values; `carried`: the gains' common own part is a column."""
    test, dimension = (group[name].to_numpy(dtype=object) for name in ("assessment_id", "dimension"))
    sd = np.sqrt(group["variance"].to_numpy())
    n = len(group)
    first, second = np.divmod(np.arange(n * n), n)
    index = pd.MultiIndex.from_arrays([test[first], dimension[first], dimension[second]])
    same = (test[:, None] == test[None, :]).astype(np.float64)
    correlation = told.reindex(index).fillna(0.0).to_numpy().reshape(n, n) * same
    np.fill_diagonal(correlation, 1.0)
    gain = group["gain"].to_numpy(dtype=bool)
    own = np.where(gain, OWN_GAIN[kind], OWN_LEVEL[kind]) ** 2
    base = OWN_GAIN[kind] ** 2 if carried else 0.0
    common = TOGETHER * np.sqrt(np.outer(own - base, own - base))
    return np.asarray(correlation * np.outer(sd, sd) + common + np.diag((1 - TOGETHER) * own))
