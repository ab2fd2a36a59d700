"""Runs all checks of one diagnosis."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from features.needs.checks.check_results import CheckResults
from features.needs.checks.comparability import changed_instruments, indicator_names
from features.needs.checks.context import SchoolSample, sample_schools, select_schools
from features.needs.checks.coverage import coverage_by_group, evidence_age
from features.needs.checks.cross_source_prediction import CrossSourcePredictions, score_predictions
from features.needs.checks.data_gaps import data_gaps
from features.needs.checks.intake_bias import intake_bias
from features.needs.checks.jackknife import component_errors, jackknife_replicates
from features.needs.checks.leave_source_out import HeldOutPredictions, SamplePosterior, leave_source_out
from features.needs.checks.sensitivity import sensitivity
from features.needs.checks.source_reliability import add_standard_errors, reliability_by_source, sources_of
from features.needs.diagnosis_context import DiagnosisContext, Progress, diagnosis_context
from features.needs.evidence.evidence import Evidence
from features.needs.needs import Needs
from features.tables import Tables

TEACHERS: Final = 1500  # in the sample of schools


def check(
    tables: Tables,
    as_of: date,
    needs: Needs,
    evidence: Evidence | None = None,
    progress: Progress | None = None,
    teachers: int = TEACHERS,
) -> CheckResults:
    """Check `needs`, the diagnosis of `tables` at `as_of`.

    evidence: gathered for this diagnosis, None to gather it again; teachers: about how many the sample of schools has.
    """
    with threadpool_limits(limits=1):  # results independent of the number of threads
        return _check(tables, as_of, needs, evidence, progress or (lambda what, share: None), teachers)


def _check(
    tables: Tables, as_of: date, needs: Needs, evidence: Evidence | None, progress: Progress, teachers: int
) -> CheckResults:
    progress("checks: evidence", 0.0)
    context = diagnosis_context(tables, as_of, evidence)
    progress("checks: components", 0.2)
    replicates = jackknife_replicates(context)
    components = component_errors(context, replicates)
    sample = sample_schools(context, select_schools(context.hierarchy, teachers))
    progress("checks: sources", 0.4)
    full = leave_source_out(sample)
    without = {name: leave_source_out(sample, parts) for name, parts in sources_of(sample).items()}
    reliability = reliability_by_source(sample, context.competency_ids, full, without)
    reliability = add_standard_errors(reliability, context, sample, full, replicates)
    progress("checks: specifications", 0.7)
    alternatives = sensitivity(sample, full)
    progress("checks: reach", 0.9)
    result = CheckResults(
        context.as_of, len(needs.teacher_ids), context.hierarchy.index.schools,
        len(sample.teachers), len(sample.schools), components, reliability,
        _predictions(context, sample, without), intake_bias(context, needs), alternatives,
        coverage_by_group(context, needs), evidence_age(context), changed_instruments(context), data_gaps(context),
        context.evidence.ledger.frame(),
    )  # fmt: skip
    progress("checks: reach", 1.0)
    return result


def _predictions(
    context: DiagnosisContext, sample: SchoolSample, without: dict[str, SamplePosterior]
) -> CrossSourcePredictions:
    """Scores of the predictions of each source from all others, with names of indicators; empty with one source only."""
    parts = [p.predictions for p in without.values()] if len(sample.cells) > 1 else []
    joined = HeldOutPredictions(
        *(
            np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in parts)])
            for name, kind in (
                ("source", object), ("t", np.intp), ("j", np.intp), ("value", float), ("mean", float), ("sd", float),
            )
        )
    )  # fmt: skip
    scored = score_predictions(joined, sample.school)
    q = {cell.name: cell.q for cell in sample.cells}
    names = {
        source: indicator_names(context, source, q[source]) for source in set(scored.indicators["source"])
    }
    named = scored.indicators.assign(
        indicator=[
            names[s][j] for s, j in zip(scored.indicators["source"], scored.indicators["j"], strict=True)
        ]
    )
    return CrossSourcePredictions(scored.sources, named, scored.pit, scored.curve)
