"""All checks of one diagnosis, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.needs.checks.comparability import changed_instruments, indicator_names
from features.needs.checks.context import SchoolSample, chosen_schools, sample_of
from features.needs.checks.coverage import evidence_age, evidence_reach, years_since
from features.needs.checks.cross_source_prediction import CrossSourcePredictions, judge_forecasts
from features.needs.checks.data_gaps import DataGaps, leftovers
from features.needs.checks.finding import DiagnosisFinding
from features.needs.checks.findings import findings
from features.needs.checks.intake_bias import IntakeBias, neutrality
from features.needs.checks.jackknife import component_errors, replicates
from features.needs.checks.leave_source_out import HeldOutPredictions, SamplePosterior, leave_source_out
from features.needs.checks.sensitivity import second_specifications
from features.needs.checks.source_reliability import reliability_by_source, sources_of, with_errors
from features.needs.diagnosis_context import DiagnosisContext, Progress, diagnosis_context
from features.needs.evidence.evidence import Evidence
from features.needs.needs import Needs
from features.tables import Tables

TEACHERS: Final = 1500  # of the sample


@dataclass(frozen=True)
class Checks:
    """Everything that was looked at. The frames are those of the functions named alike.

    teachers, schools: of the workspace; sampled_*: of the sample that posteriors were made for; since: years from the
    newest evidence to as-of.
    """

    as_of: date
    teachers: int
    schools: int
    sampled_teachers: int
    sampled_schools: int
    since: float
    components: pd.DataFrame
    reliability: pd.DataFrame
    forecasts: CrossSourcePredictions
    neutrality: IntakeBias
    second: pd.DataFrame
    reach: pd.DataFrame
    age: pd.DataFrame
    instruments: pd.DataFrame
    leftovers: DataGaps

    @property
    def findings(self) -> tuple[DiagnosisFinding, ...]:
        """What all this means, in words."""
        return findings(self)


def check(
    tables: Tables,
    as_of: date,
    needs: Needs,
    evidence: Evidence | None = None,
    progress: Progress | None = None,
    teachers: int = TEACHERS,
) -> Checks:
    """Check `needs`, the diagnosis of `tables` at `as_of`; evidence: as gathered for it, where it was kept."""
    with threadpool_limits(limits=1):  # the same bytes for any number of threads, no waiting for busy ones
        return _check(tables, as_of, needs, evidence, progress or (lambda what, share: None), teachers)


def _check(
    tables: Tables, as_of: date, needs: Needs, evidence: Evidence | None, tell: Progress, teachers: int
) -> Checks:
    tell("checks: evidence", 0.0)
    found = diagnosis_context(tables, as_of, evidence)
    tell("checks: components", 0.2)
    drawn = replicates(found)
    components = component_errors(found, drawn)
    sample = sample_of(found, chosen_schools(found.hierarchy, teachers))
    tell("checks: sources", 0.4)
    whole = leave_source_out(sample)
    without = {name: leave_source_out(sample, parts) for name, parts in sources_of(sample).items()}
    reliability = reliability_by_source(sample, found.competency_ids, whole, without)
    reliability = with_errors(reliability, found, sample, whole, drawn)
    tell("checks: specifications", 0.7)
    second = second_specifications(sample, whole)
    tell("checks: reach", 0.9)
    told = Checks(
        found.as_of, len(needs.teacher_ids), found.hierarchy.index.schools, len(sample.teachers), len(sample.schools),
        years_since(found), components, reliability,
        _forecasts(found, sample, without), neutrality(found, needs), second, evidence_reach(found, needs),
        evidence_age(found), changed_instruments(found), leftovers(found),
    )  # fmt: skip
    tell("checks: reach", 1.0)
    return told


def _forecasts(
    found: DiagnosisContext, sample: SchoolSample, without: dict[str, SamplePosterior]
) -> CrossSourcePredictions:
    """Of all sources left out, where any other was there to foretell them; with names of indicators."""
    parts = [p.predictions for p in without.values()] if len(sample.cells) > 1 else []
    joined = HeldOutPredictions(
        *(
            np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in parts)])
            for name, kind in (
                ("source", object), ("t", np.intp), ("j", np.intp), ("value", float), ("mean", float), ("sd", float),
            )
        )
    )  # fmt: skip
    judged = judge_forecasts(joined, sample.school)
    q = {cell.name: cell.q for cell in sample.cells}
    names = {source: indicator_names(found, source, q[source]) for source in set(judged.indicators["source"])}
    shown = judged.indicators.assign(
        indicator=[
            names[s][j] for s, j in zip(judged.indicators["source"], judged.indicators["j"], strict=True)
        ]
    )
    return CrossSourcePredictions(judged.sources, shown, judged.pit, judged.curve)
