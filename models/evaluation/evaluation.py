"""Evaluation: train on the earlier period and on train schools, compare every scorer on the same lists of test schools.

Where only enrolments are evaluated and there are too few schools to hold out, teachers are held out instead.

`need_rule` is the closed form; `served` is the same with the trained completion model and near-ties ordered by
predicted enrolment (what is in use while no ranker passed the gate); `ranker` is the trained ranker. Known truth is
passed in by the caller (benchmarks, `evaluate --truth`); nothing here is fitted to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.builders.feature_set import default_features
from features.errors import UsageError
from features.messages import message
from features.snapshot import Snapshot
from features.tables import Tables
from models.data.relevance_labels import PairLabels, no_labels
from models.data.study import Progress, Study, fit, open_study, training_data
from models.data.temporal_split import Diagnosis, HeldOut
from models.evaluation.calibration import CalibrationGroup, calibration_groups
from models.evaluation.gate_conditions import gate_decision
from models.evaluation.list_metrics import (
    CUTOFF,
    KnownGains,
    ListMetrics,
    MetricRow,
    enrolment_metrics,
    outcome_metrics,
    truth_metrics,
)
from models.evaluation.parts import PartRow, part_rows
from models.evaluation.promotion_gate import RIVAL, GateDecision
from models.evaluation.slices import SliceRow, slice_rows
from models.rankers.baselines import HoursOwed, Popularity, Random, SelfReportMatch
from models.rankers.estimator_adapter import adapt_estimator
from models.rankers.scorer import Prepare, PreparedScorer
from models.rankers.scoring_model import ScoringModel

__all__ = ["EvaluationReport", "KnownGains", "evaluate", "evaluate_study"]
NEGATIVES: Final = 30  # courses not taken beside each teacher's enrolments, for a researcher's scorer
MAX_TEST_TEACHERS: Final = 3000  # whose next enrolments are ranked, over all courses open to them


@dataclass(frozen=True, repr=False)
class EvaluationReport:
    """Metrics row by row and the gate's decision.

    metrics: the values of every list by test, for pooling. labels: number of labelled pairs in the test set. parts,
    calibration: what may be shown of parts of the city and of forecasts, groups under ten left out.
    """

    as_of: date
    seed: int
    decision: GateDecision
    rows: list[MetricRow]
    metrics: Mapping[str, ListMetrics]
    labels: int
    held_out: HeldOut
    slices: list[SliceRow] = field(default_factory=list)
    parts: list[PartRow] = field(default_factory=list)
    calibration: list[CalibrationGroup] = field(default_factory=list)

    def as_json(self, verdict: Mapping[str, str]) -> dict[str, object]:
        """Plain values; verdict: the reason of the decision in words, by language."""
        return {
            "as_of": self.as_of.isoformat(),
            "seed": self.seed,
            "objective": self.decision.objective,
            "ranked_by": self.decision.ranked_by,
            "labels": self.labels,
            "held_out": self.held_out.as_json(),
            "verdict": dict(verdict),
            "rows": [row.as_json() for row in self.rows],
        }

    def __repr__(self) -> str:
        best = [row for row in self.rows if row.metric == f"ndcg@{CUTOFF}"][:8]
        return "\n".join([self._title(), *(f"  {r.test:9} {r.scorer:12} {r.metric} {r.value:.3f}" for r in best)])

    def _repr_html_(self) -> str:
        frame = pd.DataFrame([row.as_json() for row in self.rows])
        return f"<p>{escape(self._title())}</p>{frame.to_html(index=False, max_rows=12)}"

    def _title(self) -> str:
        tests = ", ".join(self.metrics) or "nothing"
        ranked = f"{self.decision.objective}, ranked by {self.decision.ranked_by}"
        return (
            f"Evaluation at {self.as_of} ({ranked}): {len(self.rows)} rows by {tests}, "
            f"{self.labels} labels, held out: {self.held_out}"
        )


def evaluate(
    tables: Tables,
    needs_at: Diagnosis,
    as_of: date,
    truth: KnownGains | None = None,
    seed: int = 0,
    progress: Progress = None,
    threads: int = 1,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """Evaluate all scorers on test schools of one city. Too little data is reported, never raised.

    rival: the scorer to which differences are taken, by default the need rule (popularity without evidence). others:
    a researcher's scorers by name (`models/rankers/estimator_adapter.py`). Raises UsageError for an unknown rival.
    """
    study = open_study(tables, needs_at, as_of, seed, progress)
    return evaluate_study(study, truth, progress, threads, rival, others)


def evaluate_study(
    study: Study,
    truth: KnownGains | None = None,
    progress: Progress = None,
    threads: int = 1,
    rival: str | None = None,
    others: Mapping[str, Any] | None = None,
) -> EvaluationReport:
    """The evaluation of a study that is already open; see `evaluate`."""
    model = fit(study, study.roles, study.before, threads, progress)
    scorers = _scorers(study, model)
    if others:
        snapshot = study.before if study.before is not None else study.now
        development = study.labels(study.roles.development, negatives=NEGATIVES)
        scorers |= adapt_estimator(others, default_features(), snapshot, development)
    if rival is not None and rival not in scorers:
        raise UsageError("models.unknown_rival", rival=rival, scorers=", ".join(scorers))
    metrics: dict[str, ListMetrics] = {}
    labels = _test_labels(study, progress)
    if study.before is not None and len(labels):
        if study.objective == "gain":
            metrics["observed"] = outcome_metrics(scorers, study.before, labels)
        else:
            metrics["observed"] = enrolment_metrics(scorers, study.before, labels, study.units, study.unit_kind)
    decision = gate_decision(study, model, metrics.get("observed"), labels)
    if truth is not None:
        if progress is not None:
            progress(message("models.evaluate_truth"), 0.9)
        metrics["truth"] = truth_metrics(scorers, study.now, np.flatnonzero(study.roles.test), truth)
    report = _report(study, decision, metrics, len(labels), rival)
    if study.before is None or "observed" not in metrics:
        return report
    against = RIVAL[study.objective]
    parts = part_rows(scorers, study.before, metrics["observed"], labels, against, study.seed)
    return replace(report, parts=parts, calibration=calibration_groups(study, model, labels))


def _test_labels(study: Study, progress: Progress) -> PairLabels:
    if study.before is None:
        return no_labels()
    if progress is not None:
        progress(message("models.evaluate_observed"), 0.8)
    members = study.roles.test
    if study.objective == "uptake":
        members = subsample(members, MAX_TEST_TEACHERS)
    return study.labels(members, negatives=max(len(study.before.course_ids), 1))


def _report(
    study: Study, decision: GateDecision, metrics: Mapping[str, ListMetrics], labels: int, rival: str | None
) -> EvaluationReport:
    rows: list[MetricRow] = []
    slices: list[SliceRow] = []
    for test, values in metrics.items():
        against = rival or ("need_rule" if test == "truth" else RIVAL[study.objective])
        snapshot = study.now if test == "truth" or study.before is None else study.before
        rows += values.rows(against, study.seed)
        slices += slice_rows(values, snapshot, against, study.seed)
    return EvaluationReport(study.as_of, study.seed, decision, rows, metrics, labels, study.held_out, slices)


def subsample(members: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Every k-th of the members (N,), with the smallest k that leaves at most `size`."""
    indices = np.flatnonzero(members)
    sample = np.zeros_like(members)
    sample[indices[:: max(int(np.ceil(len(indices) / size)), 1)]] = True
    return sample


def ranking_score(model: ScoringModel, snapshot: Snapshot) -> PreparedScorer:
    """The score that orders lists, on one snapshot."""
    scores = model.prepare(snapshot)
    return lambda t_idx, c_idx: scores(t_idx, c_idx).score


def _scorers(study: Study, model: ScoringModel) -> dict[str, Prepare]:
    snapshot = study.before if study.before is not None else study.now
    data = training_data(study, study.roles.development, snapshot)
    baselines = [Random(seed=study.seed), Popularity(), HoursOwed(), SelfReportMatch()]
    scorers: dict[str, Prepare] = {scorer.name: scorer.fit(data).prepare for scorer in baselines}
    scorers["need_rule"] = model.rule.prepare
    scorers["served"] = partial(ranking_score, model)
    if model.ranker is not None:
        scorers["ranker"] = model.ranker.prepare
    return scorers
