"""From tables to needs: gather, estimate, condition, compare with targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.classes.class_effects import class_effects
from features.needs.classes.school_views import school_views
from features.needs.evidence.evidence import Evidence, gather
from features.needs.evidence.evidence_coverage import evidence_coverage
from features.needs.evidence.measurement_blocks import MeasurementBlocks
from features.needs.evidence.monitoring_evidence import direct
from features.needs.evidence.source_averages import SourceAverages
from features.needs.evidence.sources.source_registry import unit_source
from features.needs.gap import expected_gap, p_need
from features.needs.leaf_competencies import leaf_ids
from features.needs.model.hierarchical_posterior import JointPosterior, joint_posterior, prior_of
from features.needs.model.prior_mean import design, general_part
from features.needs.model.variance_components import VarianceComponents, estimate
from features.needs.needs import Needs
from features.needs.needs_table import report
from features.needs.org_hierarchy import OrgHierarchy, org_hierarchy
from features.needs.targets import find_targets
from features.tables import Tables

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]


def diagnose(
    tables: Tables, as_of: date, progress: Progress | None = None, evidence: Evidence | None = None
) -> Needs:
    """Needs of all teachers, departments, schools and districts from what was known at the end of `as_of`.

    Linear in the number of teachers; nothing depends on the order of rows. evidence: as gathered before, if it was.
    """
    tell = progress or (lambda what, share: None)
    tables = tables.until(as_of)
    tell("evidence", 0.0)
    evidence = evidence or gather(tables, as_of)
    hierarchy = org_hierarchy(tables)
    tell("variance components", 0.3)
    index, competency_ids = hierarchy.index, leaf_ids(tables["competencies"])
    targets = find_targets(tables)
    parts = estimate(evidence.sources, index.school, index.department, index.districts, len(competency_ids))
    mean = fit_prior_mean(tables, evidence, parts, index.school, targets.applies, as_of)
    tell("posterior", 0.4)
    joint, parts = _condition(tables, evidence, parts, hierarchy, mean, targets.applies)
    tell("class effects", 0.75)
    effects = class_effects(evidence.adjusted, tables["classes"])
    views = school_views(tables, evidence, competency_ids)
    tell("report", 0.9)
    applies = targets.applies
    gap = targets.target - joint.mean
    size = np.where(applies, expected_gap(gap, joint.sd), 0.0)
    coverage = evidence_coverage(tables, evidence, hierarchy, len(competency_ids))
    rows = report(tables, competency_ids, joint, targets, hierarchy, parts, size, coverage, as_of)
    tell("report", 1.0)
    return Needs(
        as_of, tuple(tables["teachers"]["teacher_id"]), competency_ids, applies, joint.mean, joint.sd,
        np.where(applies, gap, 0.0), joint.sd, np.where(applies, p_need(gap, joint.sd), 0.0), size,
        np.clip(1.0 - joint.sd**2, 0.0, 1.0), np.where(applies, targets.weight, 0.0),
        rows, effects, views, _with_unused(parts.table, evidence),
    )  # fmt: skip


def _condition(
    tables: Tables,
    evidence: Evidence,
    parts: VarianceComponents,
    hierarchy: OrgHierarchy,
    mean: Array,
    counts: np.ndarray,
) -> tuple[JointPosterior, VarianceComponents]:
    """The joint posterior, and the components with what was stated for results of whole units."""
    cells, k = list(evidence.cells), mean.shape[1]
    own = -1
    monitoring = unit_source()
    if len(evidence.schools.rows):
        nothing = np.zeros(0)
        none = np.zeros(0, np.intp)
        own = k + len(cells)
        cells.append(
            SourceAverages(monitoring.name, none, none, *(nothing,) * 4, np.zeros((0, k)), np.zeros((0, 4)))
        )
        noise = monitoring.parameters()
        stated = pd.DataFrame(
            [
                ("loading", monitoring.name, noise.loading, np.nan, "prior"),
                ("shared", monitoring.name, noise.school_source_variance, np.nan, "prior"),
            ],
            columns=parts.table.columns,
        )
        parts = replace(
            parts,
            sources={**parts.sources, monitoring.name: noise},
            table=pd.concat([parts.table, stated], ignore_index=True),
        )
    rows = MeasurementBlocks(cells, parts, len(tables["teachers"]), k, mean)
    org_ids = pd.Index(tables["organizations"]["org_id"])
    schools, districts = (
        pd.Index(ids).get_indexer(org_ids) for ids in (hierarchy.school_ids, hierarchy.district_ids)
    )
    joint = joint_posterior(
        rows, prior_of(parts, mean, hierarchy.index), hierarchy.index, hierarchy.members,
        hierarchy.group_school, hierarchy.school_group, counts,
        direct(evidence.schools, "school", schools, own, k + len(cells)),
        direct(evidence.districts, "district", districts, -1, k),
    )  # fmt: skip
    return joint, parts


def fit_prior_mean(
    tables: Tables,
    evidence: Evidence,
    parts: VarianceComponents,
    school: NDArray[np.intp],
    applies: np.ndarray,
    as_of: date,
) -> Array:
    """(N, K) the mean of the prior: 0 over those to whom a competency applies."""
    x, _ = design(tables, pd.Timestamp(as_of))
    loading = {name: noise.loading for name, noise in parts.sources.items()}
    general = general_part(x, evidence.cells, loading, school)
    counted = np.maximum(applies.sum(axis=0), 1)
    return np.asarray(general[:, None] - (general @ applies) / counted)


def _with_unused(rows: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The components, and one row for each indicator that stands for no competency."""
    told = [
        ("unused", f"{source}: {name}", np.nan, np.nan, "data") for source, name in sorted(evidence.unused)
    ]
    bounded = [("bounded_correlations", "class_gain", float(evidence.adjusted.bounded), np.nan, "prior")]
    more = pd.DataFrame([*told, *(bounded if evidence.adjusted.bounded else [])], columns=rows.columns)
    return pd.concat([rows, more], ignore_index=True) if len(more) else rows
