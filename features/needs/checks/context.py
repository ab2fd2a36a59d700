"""The input of all checks: evidence and estimates of one diagnosis, and a sample of whole schools.

Checks that need many posteriors use a sample of schools, so that a city costs what a district costs. The sample is
deterministic: evenly spaced over schools in the order of district, size and id.
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
MAX_SCHOOLS: Final = 150


@dataclass(frozen=True)
class SchoolSample:
    """n teachers of S whole schools, both renumbered from 0.

    teachers (n,), schools (S,): numbers in the context; school, department (n,): numbers in the sample; cells: source
    averages of these teachers; prior_mean, target, applies (n, K); components: those of the context;
    monitored: information of school-level results on the sampled schools.
    """

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
        """Sources of evidence on teachers, and monitoring where it covers a school of the sample."""
        return (*(c.name for c in self.cells), *((unit_source().name,) if len(self.monitored.unit) else ()))


def select_schools(hierarchy: OrgHierarchy, teachers: int, schools: int = MAX_SCHOOLS) -> Index:
    """Numbers of at most `schools` schools with about `teachers` teachers, spread over districts and sizes."""
    index = hierarchy.index
    size = np.bincount(index.school, minlength=index.schools)
    if not index.schools:
        return np.zeros(0, np.intp)
    order = np.lexsort((np.arange(index.schools), size, index.district))
    count = int(np.clip(teachers / max(size.mean(), 1.0), 2, schools))
    if index.schools <= count:
        return np.sort(order).astype(np.intp)
    positions = np.floor((np.arange(count) + 0.5) * index.schools / count).astype(np.intp)
    return np.sort(order[positions]).astype(np.intp)


def sample_schools(context: DiagnosisContext, schools: Index) -> SchoolSample:
    """The teachers of these schools (sorted numbers) with their evidence, priors and targets."""
    index = context.hierarchy.index
    in_sample = np.isin(index.school, schools)
    teachers = np.flatnonzero(in_sample).astype(np.intp)
    number = np.full(len(index.school), -1, np.intp)
    number[teachers] = np.arange(len(teachers))
    monitored = context.monitored
    mask = np.isin(monitored.unit, schools)
    sampled = UnitInformation(
        np.searchsorted(schools, monitored.unit[mask]).astype(np.intp),
        monitored.information[mask],
        monitored.vector[mask],
    )
    return SchoolSample(
        teachers, schools, np.searchsorted(schools, index.school[teachers]).astype(np.intp),
        np.unique(index.department[teachers], return_inverse=True)[1].astype(np.intp),
        tuple(_restrict_averages(cell, number) for cell in context.evidence.cells),
        context.prior_mean[teachers], context.targets.target[teachers], context.targets.applies[teachers],
        context.components, sampled,
    )  # fmt: skip


def _restrict_averages(cell: SourceAverages, number: Index) -> SourceAverages:
    mask = number[cell.t] >= 0
    known = cell.sampling_cov[number[cell.sampling_cov[:, 0].astype(np.intp)] >= 0]
    renumbered = np.column_stack([number[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(cell, name)[mask] for name in ("j", "mean", "n", "age", "share")}
    return replace(cell, t=number[cell.t[mask]], sampling_cov=renumbered, **arrays)


def restrict_source(source: StandardizedSource, number: Index) -> StandardizedSource:
    """The values of some teachers; number: (N,) new number of each teacher, -1 for those left out."""
    mask = number[source.t] >= 0
    occasion, occasion_number = np.unique(source.occasion[mask], return_inverse=True)
    new_occasion = np.full(int(source.occasion.max(initial=-1)) + 1, -1, np.intp)
    new_occasion[occasion] = np.arange(len(occasion))
    known = source.sampling_cov[new_occasion[source.sampling_cov[:, 0].astype(np.intp)] >= 0]
    known = np.column_stack([new_occasion[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(source, name)[mask] for name in ("j", "value", "age", "share")}
    return replace(
        source,
        t=number[source.t[mask]],
        occasion=occasion_number.astype(np.intp),
        sampling_cov=known,
        **arrays,
    )
