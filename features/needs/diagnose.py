"""Needs of teachers and of their departments, schools and districts: posterior of abilities, compared with targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.classes.class_effects import class_effects
from features.needs.classes.school_views import school_views
from features.needs.diagnosis_context import DiagnosisContext, Progress, diagnosis_context
from features.needs.estimate_origin import estimate_origin
from features.needs.evidence.cycle_averages import cycle_averages
from features.needs.evidence.evidence import Evidence
from features.needs.evidence.evidence_coverage import evidence_coverage
from features.needs.evidence.evidence_records import evidence_records
from features.needs.evidence.measurement_blocks import MeasurementBlocks
from features.needs.evidence.standardized_evidence import no_norms
from features.needs.gap import expected_gap, p_need
from features.needs.model.hierarchical_elimination import HierarchicalElimination, UnitInformation
from features.needs.model.hierarchical_posterior import GroupMembers, JointPosterior, posterior_of
from features.needs.model.hierarchical_prior import HierarchicalPrior, prior_of
from features.needs.model.teacher_posterior import CHANGEABLE, PosteriorState
from features.needs.model.unit_information import with_unit_source
from features.needs.model.variance_components import VarianceComponents
from features.needs.needs import Needs
from features.needs.needs_table import report
from features.tables import Tables

Array = NDArray[np.float64]


def diagnose(
    tables: Tables, as_of: date, progress: Progress | None = None, evidence: Evidence | None = None
) -> Needs:
    """Needs of all teachers, departments, schools and districts from what was known at the end of `as_of`.

    Linear in the number of teachers; nothing depends on the order of rows. evidence: gathered before, None to gather it.
    """
    notify = progress or (lambda what, share: None)
    context = diagnosis_context(tables, as_of, evidence, progress)
    tables, evidence, targets = context.tables, context.evidence, context.targets
    notify("posterior", 0.4)
    solved, components = elimination(context)
    joint = posterior_of(solved, _members(context))
    notify("class effects", 0.75)
    effects = class_effects(evidence.adjusted, tables["classes"])
    views = school_views(tables, evidence, context.competency_ids)
    notify("report", 0.9)
    applies = targets.applies
    gap = targets.target - joint.mean
    expected = np.where(applies, expected_gap(gap, joint.sd), 0.0)
    coverage = evidence_coverage(tables, evidence, context.hierarchy, len(context.competency_ids))
    records = evidence_records(evidence, len(tables["teachers"]), len(context.competency_ids))
    rows = report(
        tables,
        context.competency_ids,
        joint,
        targets,
        context.hierarchy,
        components,
        expected,
        coverage,
        records,
        as_of,
    )
    notify("report", 1.0)
    return Needs(
        as_of=as_of,
        teacher_ids=tuple(tables["teachers"]["teacher_id"]),
        competency_ids=context.competency_ids,
        applies=applies,
        mean=joint.mean,
        sd=joint.sd,
        gap_mean=np.where(applies, gap, 0.0),
        gap_sd=joint.sd,
        p_need=np.where(applies, p_need(gap, joint.sd), 0.0),
        expected_gap=expected,
        reliability=np.clip(1.0 - joint.sd**2, 0.0, 1.0),
        weight=np.where(applies, targets.weight, 0.0),
        report=rows.assign(estimate_from=estimate_origin(rows, context)),
        class_effects=effects,
        school_views=views,
        components=_with_unused(components.table, evidence),
        measured=records.measured,
        unused=evidence.ledger.frame(),
        state=PosteriorState.of(solved, _norms(evidence), cycle_averages(evidence.sources, len(tables["teachers"]), as_of)),
    )


@dataclass(frozen=True)
class PosteriorInputs:
    """What the posterior is computed from: measurements, prior, and results of whole schools and districts; components with the
    parameters of these results."""

    measurements: MeasurementBlocks
    prior: HierarchicalPrior
    schools: UnitInformation
    districts: UnitInformation
    components: VarianceComponents


def posterior_inputs(context: DiagnosisContext) -> PosteriorInputs:
    """From the steps of a diagnosis before the posterior."""
    cells, components, k = context.evidence.cells, context.components, len(context.competency_ids)
    schools = UnitInformation.none(k + len(cells))
    if len(context.evidence.schools.rows):
        cells, components = with_unit_source(cells, components, k)
        schools = context.monitored
    prior_mean = context.prior_mean
    return PosteriorInputs(
        MeasurementBlocks(cells, components, len(context.tables["teachers"]), k, prior_mean),
        prior_of(components, prior_mean, context.hierarchy.index),
        schools,
        context.monitored_districts,
        components,
    )


def elimination(context: DiagnosisContext) -> tuple[HierarchicalElimination, VarianceComponents]:
    """All evidence eliminated, and the components with the parameters of results of whole units."""
    inputs = posterior_inputs(context)
    solved = HierarchicalElimination(
        inputs.measurements, inputs.prior, context.hierarchy.index, inputs.schools, inputs.districts
    )
    return solved, inputs.components


def condition(context: DiagnosisContext) -> tuple[JointPosterior, VarianceComponents]:
    """The joint posterior, and the components with the parameters of results of whole units."""
    solved, components = elimination(context)
    return posterior_of(solved, _members(context)), components


def _members(context: DiagnosisContext) -> GroupMembers:
    tree = context.hierarchy
    return GroupMembers(tree.members, tree.group_school, tree.school_group, context.targets.applies)


def _norms(evidence: Evidence) -> pd.DataFrame:
    """Of the instruments of the source that a teacher changes herself."""
    return next((source.norms for source in evidence.sources if source.name == CHANGEABLE), no_norms())


def _with_unused(table: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The components, and one row for each indicator that stands for no competency."""
    rows = [
        ("unused", f"{source}: {name}", np.nan, np.nan, "data") for source, name in sorted(evidence.unused)
    ]
    if evidence.adjusted.bounded:
        rows.append(("bounded_correlations", "class_gain", float(evidence.adjusted.bounded), np.nan, "prior"))
    if not rows:
        return table
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
