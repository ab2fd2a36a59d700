"""All checks of one diagnosis, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.needs.checks.conditioning import Foretold, Posterior, condition
from features.needs.checks.finding import Finding
from features.needs.checks.findings import findings
from features.needs.checks.forecast import Forecasts, judge_forecasts
from features.needs.checks.ground import Ground, Sample, chosen_schools, ground, sample_of
from features.needs.checks.instruments import changed_instruments, indicator_names
from features.needs.checks.leftovers import Leftovers, leftovers
from features.needs.checks.neutrality import Neutrality, neutrality
from features.needs.checks.reach import evidence_age, evidence_reach, years_since
from features.needs.checks.reliability import reliability_by_source, sources_of, with_errors
from features.needs.checks.second import second_specifications
from features.needs.checks.uncertainty import component_errors, replicates
from features.needs.diagnose import Progress
from features.needs.evidence import Evidence
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
    forecasts: Forecasts
    neutrality: Neutrality
    second: pd.DataFrame
    reach: pd.DataFrame
    age: pd.DataFrame
    instruments: pd.DataFrame
    leftovers: Leftovers

    @property
    def findings(self) -> tuple[Finding, ...]:
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
    found = ground(tables, as_of, evidence)
    tell("checks: components", 0.2)
    drawn = replicates(found)
    components = component_errors(found, drawn)
    sample = sample_of(found, chosen_schools(found.places, teachers))
    tell("checks: sources", 0.4)
    whole = condition(sample)
    without = {name: condition(sample, parts) for name, parts in sources_of(sample).items()}
    reliability = reliability_by_source(sample, found.leaves, whole, without)
    reliability = with_errors(reliability, found, sample, whole, drawn)
    tell("checks: specifications", 0.7)
    second = second_specifications(sample, whole)
    tell("checks: reach", 0.9)
    told = Checks(
        found.as_of, len(needs.teacher_ids), found.places.tree.schools, len(sample.teachers), len(sample.schools),
        years_since(found), components, reliability,
        _forecasts(found, sample, without), neutrality(found, needs), second, evidence_reach(found, needs),
        evidence_age(found), changed_instruments(found), leftovers(found),
    )  # fmt: skip
    tell("checks: reach", 1.0)
    return told


def _forecasts(found: Ground, sample: Sample, without: dict[str, Posterior]) -> Forecasts:
    """Of all sources left out, where any other was there to foretell them; with names of indicators."""
    parts = [p.foretold for p in without.values()] if len(sample.cells) > 1 else []
    joined = Foretold(
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
    return Forecasts(judged.sources, shown, judged.pit, judged.curve)
