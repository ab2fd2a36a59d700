"""What results of whole schools and districts say about the abilities of their teachers.

    z = BETA x q'ability + the unit's own part + sampling error            in pupil-SD

Monitoring covers few schools, so BETA and the variances of the own parts are priors, not estimates; the own part, common
to all dimensions of a unit, keeps a school's intake and management from being taken for its teachers' ability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.class_attribution import UnitValues
from features.needs.evidence.source_averages import SourceAverages, no_averages
from features.needs.evidence.sources.monitoring_source import BETA, COMMON_SHARE, OWN_GAIN, OWN_LEVEL
from features.needs.evidence.sources.source_registry import unit_source
from features.needs.model.hierarchical_elimination import UnitInformation
from features.needs.model.source_parameters import PHI
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]


def with_unit_source(
    cells: Sequence[SourceAverages], components: VarianceComponents, k: int
) -> tuple[list[SourceAverages], VarianceComponents]:
    """A column for the own part of the source of whole units, which measures no single teacher; its parameters join the
    components, as priors."""
    source = unit_source()
    parameters = source.parameters()
    rows = [
        ("loading", source.name, parameters.loading, np.nan, "prior"),
        ("shared", source.name, parameters.school_source_variance, np.nan, "prior"),
    ]
    added = pd.DataFrame(rows, columns=components.table.columns)
    joined = replace(
        components,
        sources={**components.sources, source.name: parameters},
        table=pd.concat([components.table, added], ignore_index=True),
    )
    return [*cells, no_averages(source.name, k)], joined


def unit_information(
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
    correlation = values.correlation.set_index(["assessment_id", "dimension_1", "dimension_2"])["correlation"]
    for i, (_, group) in enumerate(rows.groupby("unit", sort=True)):
        design = np.zeros((len(group), width))
        q = values.q[group["j"].to_numpy(dtype=np.intp)]
        design[:, : q.shape[1]] = BETA * PHI ** group["age"].to_numpy()[:, None] * q
        if own_column >= 0:
            design[:, own_column] = 1.0
        error = _error(group, correlation, kind, own_column >= 0)
        weighted = np.linalg.solve(error, design).T
        information[i], vector[i] = weighted @ design, weighted @ group["value"].to_numpy()
    return UnitInformation(units, information, vector)


def _error(group: pd.DataFrame, correlations: pd.Series, kind: str, own_in_design: bool) -> Array:
    """(n, n) covariance of errors of one unit's values; own_in_design: the gains' common own part is a column of the design."""
    test, dimension = (group[name].to_numpy(dtype=object) for name in ("assessment_id", "dimension"))
    sd = np.sqrt(group["variance"].to_numpy())
    n = len(group)
    first, second = np.divmod(np.arange(n * n), n)
    index = pd.MultiIndex.from_arrays([test[first], dimension[first], dimension[second]])
    same = (test[:, None] == test[None, :]).astype(np.float64)
    correlation = correlations.reindex(index).fillna(0.0).to_numpy().reshape(n, n) * same
    np.fill_diagonal(correlation, 1.0)
    gain = group["gain"].to_numpy(dtype=bool)
    own = np.where(gain, OWN_GAIN[kind], OWN_LEVEL[kind]) ** 2
    base = OWN_GAIN[kind] ** 2 if own_in_design else 0.0
    common = COMMON_SHARE * np.sqrt(np.outer(own - base, own - base))
    return np.asarray(correlation * np.outer(sd, sd) + common + np.diag((1 - COMMON_SHARE) * own))
