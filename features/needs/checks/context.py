"""What all checks stand on: the evidence and the model of one diagnosis, and whole schools out of it.

Checks that need many posteriors look at some schools only, so that a city costs what a district costs. Which ones
is settled by the tables alone: evenly spaced over schools in the order of district, size and id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.source_averages import SourceAverages
from features.needs.evidence.sources.source_registry import unit_source
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.hierarchical_elimination import UnitInformation
from features.needs.model.variance_components import VarianceComponents
from features.needs.org_hierarchy import OrgHierarchy

Array = NDArray[np.float64]
Index = NDArray[np.intp]
SCHOOLS: Final = 150


@dataclass(frozen=True)
class SchoolSample:
    """n teachers of S whole schools, numbered from 0: teachers (n,) and schools (S,) as in the ground; school and
    department (n,); cells of these teachers; prior_mean, target (n, K); applies (n, K); monitored schools."""

    teachers: Index
    schools: Index
    school: Index
    department: Index
    cells: tuple[SourceAverages, ...]
    prior_mean: Array
    target: Array
    applies: NDArray[np.bool_]
    components: VarianceComponents
    monitored: UnitInformation

    @property
    def names(self) -> tuple[str, ...]:
        """Sources of evidence on teachers, and monitoring where it reached a school of the sample."""
        return (*(c.name for c in self.cells), *((unit_source().name,) if len(self.monitored.unit) else ()))


def chosen_schools(hierarchy: OrgHierarchy, teachers: int, schools: int = SCHOOLS) -> Index:
    """Numbers of at most `schools` schools with about `teachers` teachers, spread over districts and sizes."""
    index = hierarchy.index
    size = np.bincount(index.school, minlength=index.schools)
    if not index.schools:
        return np.zeros(0, np.intp)
    order = np.lexsort((np.arange(index.schools), size, index.district))
    most = int(np.clip(teachers / max(size.mean(), 1.0), 2, schools))
    if index.schools <= most:
        return np.sort(order).astype(np.intp)
    places_in_order = np.floor((np.arange(most) + 0.5) * index.schools / most).astype(np.intp)
    return np.sort(order[places_in_order]).astype(np.intp)


def sample_of(found: DiagnosisContext, schools: Index) -> SchoolSample:
    """The teachers of these schools and all that is told of them."""
    index = found.hierarchy.index
    inside = np.isin(index.school, schools)
    teachers = np.flatnonzero(inside).astype(np.intp)
    new = np.full(len(index.school), -1, np.intp)
    new[teachers] = np.arange(len(teachers))
    monitored = found.monitored
    kept = np.isin(monitored.unit, schools)
    near = UnitInformation(
        np.searchsorted(schools, monitored.unit[kept]).astype(np.intp),
        monitored.information[kept],
        monitored.vector[kept],
    )
    return SchoolSample(
        teachers, schools, np.searchsorted(schools, index.school[teachers]).astype(np.intp),
        np.unique(index.department[teachers], return_inverse=True)[1].astype(np.intp),
        tuple(_cells(cell, new) for cell in found.evidence.cells),
        found.prior_mean[teachers], found.targets.target[teachers], found.targets.applies[teachers],
        found.components, near,
    )  # fmt: skip


def _cells(cell: SourceAverages, new: Index) -> SourceAverages:
    kept = new[cell.t] >= 0
    known = cell.sampling_cov[new[cell.sampling_cov[:, 0].astype(np.intp)] >= 0]
    told = np.column_stack([new[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(cell, name)[kept] for name in ("j", "mean", "n", "age", "share")}
    return replace(cell, t=new[cell.t[kept]], sampling_cov=told, **arrays)


def values_of(source: StandardizedSource, new: Index) -> StandardizedSource:
    """The values of teachers whose new number is not -1, numbered so."""
    kept = new[source.t] >= 0
    occasion, place = np.unique(source.occasion[kept], return_inverse=True)
    at = np.full(int(source.occasion.max(initial=-1)) + 1, -1, np.intp)
    at[occasion] = np.arange(len(occasion))
    known = source.sampling_cov[at[source.sampling_cov[:, 0].astype(np.intp)] >= 0]
    known = np.column_stack([at[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(source, name)[kept] for name in ("j", "value", "age", "share")}
    return replace(
        source, t=new[source.t[kept]], occasion=place.astype(np.intp), sampling_cov=known, **arrays
    )
