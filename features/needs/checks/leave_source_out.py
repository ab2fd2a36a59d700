"""The posterior of a sample of schools with any source left out, and predictions of what was left out.

The model and the elimination are the diagnosis' own; rows of excluded sources are missing. A district's effect counts as
part of each of its schools, as if every school had a district of its own, and results of whole districts are not used.

    y_out | y_in ~ N(H_out mu + G_out x + C (y_in - H_in mu - G_in x), ...)      C = S_out,in S_in^-1

x are the department's unknowns, S the covariance of a teacher's values given x: drift that two sources share is in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.needs.checks.context import SchoolSample
from features.needs.evidence.measurement_blocks import MeasurementBlock, MeasurementBlocks
from features.needs.evidence.sources.source_registry import unit_source
from features.needs.model.hierarchical_elimination import (
    DepartmentConditionals,
    HierarchicalElimination,
    ReducedBlock,
    UnitInformation,
)
from features.needs.model.hierarchical_prior import prior_of
from features.needs.model.hierarchy_index import HierarchyIndex
from features.needs.model.unit_information import with_unit_source
from features.needs.model.variance_components import VarianceComponents

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class HeldOutPredictions:
    """n values of the sources left out: source name, teacher t, indicator j, value, and mean and sd predicted for it."""

    source: NDArray[np.object_]
    t: Index
    j: Index
    value: Array
    mean: Array
    sd: Array


@dataclass(frozen=True)
class SamplePosterior:
    """mean, sd (n, K) of the sample's teachers; predictions of the values of excluded sources."""

    mean: Array
    sd: Array
    predictions: HeldOutPredictions

    @property
    def reliability(self) -> Array:
        """(n, K) 1 - posterior variance, the population's being 1."""
        return np.asarray(np.clip(1.0 - self.sd**2, 0.0, 1.0))


def leave_source_out(
    sample: SchoolSample,
    excluded: tuple[str, ...] = (),
    components: VarianceComponents | None = None,
    prior_mean: Array | None = None,
) -> SamplePosterior:
    """The posterior without the sources named; components, prior_mean (n, K): other than the sample's."""
    components = components or sample.components
    prior_mean = sample.prior_mean if prior_mean is None else prior_mean
    n, k = prior_mean.shape
    cells, monitored = list(sample.cells), sample.monitored
    if len(monitored.unit):
        cells, components = with_unit_source(cells, components, k)
    if unit_source().name in excluded:
        monitored = UnitInformation.none(monitored.information.shape[-1])
    index = HierarchyIndex(sample.school, np.arange(len(sample.schools)), sample.department)
    solved = HierarchicalElimination(
        MeasurementBlocks(cells, components, n, k, prior_mean),
        prior_of(components, prior_mean, index),
        index,
        monitored if len(monitored.unit) else UnitInformation.none(k + len(cells)),
        UnitInformation.none(k),
        frozenset(excluded),
    )
    mean, sd = np.zeros((n, k)), np.zeros((n, k))
    predicted: list[tuple[Index, Array, Array]] = []
    for teachers in solved.parts:
        departments = solved.departments(teachers)
        x = solved.department_posterior(departments)
        blocks = solved.measurements.blocks(None if len(solved.parts) == 1 else teachers)
        for reduced, block in zip(solved.reduced_blocks(teachers), blocks, strict=True):
            conditionals = solved.given_department(reduced)
            people = block.teachers
            mean[people], sd[people] = solved.teacher_posterior(reduced, conditionals, departments)
            predicted.append(_predict(solved, block, reduced, departments, *x))
    return SamplePosterior(mean, sd, _joined(solved.measurements, predicted))


def _predict(
    solved: HierarchicalElimination,
    block: MeasurementBlock,
    reduced: ReducedBlock,
    departments: DepartmentConditionals,
    x_mean: Array,
    x_cov: Array,
) -> tuple[Index, Array, Array]:
    """Place among the measurements, mean and variance of every value left out; block: with all sources."""
    out = block.of_sources(solved.excluded)
    if not out.any():
        return np.zeros(0, np.intp), np.zeros(0), np.zeros(0)
    prior, people = solved.prior, block.teachers
    department = departments.place[solved.index.department[people]]
    x, cov = x_mean[department], x_cov[department]
    used = reduced.block.school_design.sum(axis=2) > 0
    design = np.concatenate([block.design, block.school_design], axis=2)
    joint = block.design @ prior.teacher @ block.design.transpose(0, 2, 1) + block.error
    with_used = np.where(used[:, None, :], joint, 0.0)
    gain = with_used @ reduced.precision
    on_x = design - gain @ reduced.design
    residual = reduced.residual - np.einsum("brw,bw->br", reduced.design, x)
    mean = np.einsum("bhw,bw->bh", design, x) + np.einsum("bhr,br->bh", gain, residual)
    mean += np.einsum("bhk,bk->bh", block.design, prior.mean[people])
    variance = np.diagonal(joint, axis1=1, axis2=2) - np.einsum("bhr,bhr->bh", gain, with_used)
    variance = variance + np.einsum("bhw,bhw->bh", on_x @ cov, on_x)
    place = solved.measurements.first[people][:, None] + np.arange(out.shape[1])
    return place[out].astype(np.intp), mean[out], variance[out]


def _joined(
    measurements: MeasurementBlocks, predicted: list[tuple[Index, Array, Array]]
) -> HeldOutPredictions:
    """All predictions, by teacher and row."""
    empty = ((np.zeros(0, np.intp),), (np.zeros(0),), (np.zeros(0),))
    place, mean, variance = (
        np.concatenate(part) for part in (zip(*predicted, strict=True) if predicted else empty)
    )
    order = np.argsort(place, kind="stable")
    place, mean, variance = place[order], mean[order], variance[order]
    names = np.asarray([*measurements.names, ""], dtype=object)
    first = np.searchsorted(measurements.source, np.arange(len(measurements.names)))
    row = measurements.row[place]
    source = measurements.source[row]
    return HeldOutPredictions(
        names[source], measurements.t[place], (row - first[source]).astype(np.intp), measurements.value[place],
        mean, np.sqrt(variance),
    )  # fmt: skip
