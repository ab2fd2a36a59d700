"""The input of all checks: evidence and estimates of one diagnosis, and a sample of whole schools.

Checks that need many posteriors use a sample of schools, so that a city costs what a district costs. The sample is
deterministic: evenly spaced over schools in the order of district, size and id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.diagnose import explained_mean
from features.needs.evidence.evidence import Evidence, gather
from features.needs.evidence.monitoring_evidence import NAME, direct
from features.needs.evidence.source_averages import SourceAverages
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.leaf_competencies import leaf_ids
from features.needs.model.hierarchical_posterior import UnitInformation
from features.needs.model.variance_components import VarianceComponents, estimate
from features.needs.org_hierarchy import OrgHierarchy, org_hierarchy
from features.needs.targets import Targets, find_targets
from features.tables import Tables

Array = NDArray[np.float64]
Index = NDArray[np.intp]
MAX_SCHOOLS: Final = 150


@dataclass(frozen=True)
class DiagnosisContext:
    """Tables known at `as_of`, their evidence, and the estimates from it for N teachers and K leaf competencies.

    prior_mean: (N, K), in SD of ability.
    """

    tables: Tables
    as_of: date
    evidence: Evidence
    hierarchy: OrgHierarchy
    competency_ids: tuple[str, ...]
    targets: Targets
    components: VarianceComponents
    prior_mean: Array

    @property
    def monitored(self) -> UnitInformation:
        """Information of school-level results on the abilities, each source's school effect and monitoring's own effect."""
        schools = pd.Index(self.hierarchy.school_ids).get_indexer(
            pd.Index(self.tables["organizations"]["org_id"])
        )
        own = len(self.competency_ids) + len(self.evidence.cells)
        return direct(self.evidence.schools, "school", schools, own, own + 1)


@dataclass(frozen=True)
class SchoolSample:
    """n teachers of S whole schools, both renumbered from 0.

    teachers (n,), schools (S,): numbers in the context; school, department (n,): numbers in the sample; cells: source
    averages of these teachers; mean: (n, K) of the prior; target, applies (n, K); parts: variance components;
    monitored: information of school-level results on the sampled schools.
    """

    teachers: Index
    schools: Index
    school: Index
    department: Index
    cells: tuple[SourceAverages, ...]
    mean: Array
    target: Array
    applies: NDArray[np.bool_]
    parts: VarianceComponents
    monitored: UnitInformation

    @property
    def names(self) -> tuple[str, ...]:
        """Sources of evidence on teachers, and monitoring where it covers a school of the sample."""
        return (*(c.name for c in self.cells), *((NAME,) if len(self.monitored.unit) else ()))


def diagnosis_context(tables: Tables, as_of: date, evidence: Evidence | None = None) -> DiagnosisContext:
    """The steps of a diagnosis up to the posterior; evidence: gathered before, None to gather it."""
    tables = tables.until(as_of)
    evidence = evidence or gather(tables, as_of)
    hierarchy, competency_ids, targets = (
        org_hierarchy(tables),
        leaf_ids(tables["competencies"]),
        find_targets(tables),
    )
    tree = hierarchy.tree
    components = estimate(evidence.sources, tree.school, tree.department, tree.districts, len(competency_ids))
    prior_mean = explained_mean(tables, evidence, components, tree.school, targets.applies, as_of)
    return DiagnosisContext(
        tables, as_of, evidence, hierarchy, competency_ids, targets, components, prior_mean
    )


def select_schools(hierarchy: OrgHierarchy, teachers: int, schools: int = MAX_SCHOOLS) -> Index:
    """Numbers of at most `schools` schools with about `teachers` teachers, spread over districts and sizes."""
    tree = hierarchy.tree
    size = np.bincount(tree.school, minlength=tree.schools)
    if not tree.schools:
        return np.zeros(0, np.intp)
    order = np.lexsort((np.arange(tree.schools), size, tree.district))
    count = int(np.clip(teachers / max(size.mean(), 1.0), 2, schools))
    if tree.schools <= count:
        return np.sort(order).astype(np.intp)
    positions = np.floor((np.arange(count) + 0.5) * tree.schools / count).astype(np.intp)
    return np.sort(order[positions]).astype(np.intp)


def sample_schools(context: DiagnosisContext, schools: Index) -> SchoolSample:
    """The teachers of these schools (sorted numbers) with their evidence, priors and targets."""
    tree = context.hierarchy.tree
    in_sample = np.isin(tree.school, schools)
    teachers = np.flatnonzero(in_sample).astype(np.intp)
    number = np.full(len(tree.school), -1, np.intp)
    number[teachers] = np.arange(len(teachers))
    monitored = context.monitored
    mask = np.isin(monitored.unit, schools)
    sampled = UnitInformation(
        np.searchsorted(schools, monitored.unit[mask]).astype(np.intp),
        monitored.information[mask],
        monitored.vector[mask],
    )
    return SchoolSample(
        teachers, schools, np.searchsorted(schools, tree.school[teachers]).astype(np.intp),
        np.unique(tree.department[teachers], return_inverse=True)[1].astype(np.intp),
        tuple(_restrict_averages(cell, number) for cell in context.evidence.cells),
        context.prior_mean[teachers], context.targets.target[teachers], context.targets.applies[teachers],
        context.components, sampled,
    )  # fmt: skip


def _restrict_averages(cell: SourceAverages, number: Index) -> SourceAverages:
    mask = number[cell.t] >= 0
    known = cell.known[number[cell.known[:, 0].astype(np.intp)] >= 0]
    renumbered = np.column_stack([number[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(cell, name)[mask] for name in ("j", "mean", "n", "age", "share")}
    return replace(cell, t=number[cell.t[mask]], known=renumbered, **arrays)


def restrict_source(source: StandardizedSource, number: Index) -> StandardizedSource:
    """The values of some teachers; number: (N,) new number of each teacher, -1 for those left out."""
    mask = number[source.t] >= 0
    occasion, occasion_number = np.unique(source.occasion[mask], return_inverse=True)
    new_occasion = np.full(int(source.occasion.max(initial=-1)) + 1, -1, np.intp)
    new_occasion[occasion] = np.arange(len(occasion))
    known = source.known[new_occasion[source.known[:, 0].astype(np.intp)] >= 0]
    known = np.column_stack([new_occasion[known[:, 0].astype(np.intp)], known[:, 1:]])
    arrays = {name: getattr(source, name)[mask] for name in ("j", "value", "age", "share")}
    return replace(
        source, t=number[source.t[mask]], occasion=occasion_number.astype(np.intp), known=known, **arrays
    )
